#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include <ATen/core/Tensor.h>

namespace modattr {

/// Runs the model on rows first ... first + count - 1 of a set of probe rows without end; [count, outputs].
using ProbeCall = std::function<at::Tensor(std::size_t first, std::size_t count)>;

/// The shortest time of a few calls of `row_count` rows, per row.
double seconds_per_row(const ProbeCall& call, std::size_t row_count);

/// Whether calls of `row_count` rows give the same bytes as calls of `reference` rows: kernels that sum in another
/// order for another shape round otherwise. False when such a call fails.
bool gives_same_bytes(const ProbeCall& call, std::size_t reference, std::size_t row_count);
/// Whether calls of `row_count` rows answer like calls of `reference` rows, up to rounding.
bool gives_same_answers(const ProbeCall& call, std::size_t reference, std::size_t row_count);

/// The rows per call with the best throughput among `reference` and its multiples by 2, 4, ... up to `most`, as far as
/// they give the same bytes; so results do not depend on what is measured. Calls that take long have nothing to gain:
/// then it is `reference`.
std::size_t fastest_call_size(const ProbeCall& call, std::size_t reference, std::size_t most);

/// Whether a call of `row_count` rows throws no ModelError.
bool works(const std::function<std::size_t(std::size_t row_count)>& run, std::size_t row_count);

/// A number of rows per call that works, for a model that was traced with one and takes it for granted; nullopt when no
/// usual one does.
std::optional<std::size_t> working_row_count(const std::function<std::size_t(std::size_t row_count)>& run);

}  // namespace modattr
