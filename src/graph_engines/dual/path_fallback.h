#pragma once

#include <vector>

#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include "dual_value.h"

namespace modattr {

/// An operation without a closed form, on the tape with integrated gradients through it alone: the mean derivative
/// along the straight line between the sides of its inputs. One point is exact for linear and bilinear operations; more
/// are taken, up to 64, until what is passed on makes up the difference in every row. The rest is divided among its
/// inputs by their magnitudes, and told to the ledger. `x`, `b`: the operation's arguments, at least one of them on the
/// tape. Returns its results on both sides; those that do not depend on the tape are the same. Throws ModelError for an
/// operation without a derivative. Borrows node and ledger as long as the tape lives.
std::vector<Dual> run_by_path(const torch::jit::Node& node, const std::vector<c10::IValue>& x,
                              const std::vector<c10::IValue>& b, std::int64_t row_count, GapLedger& ledger);

}  // namespace modattr
