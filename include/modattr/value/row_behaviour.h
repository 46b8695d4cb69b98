#pragma once

#include <cstddef>

#include "modattr/data/dataset.h"
#include "modattr/model/model.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// What a row's answer depends on besides the row.
enum class RowBehaviour { kIndependent, kDependsOnNeighbours, kRandom };

/// Tries the whole model on a few rows: twice the same, among other neighbours, and among copies of themselves; at most
/// `rows_per_call` at a time. A model that fails on so few rows (traced for one batch size) counts as independent.
RowBehaviour try_row_behaviour(const Model& model, const Dataset& dataset, const InputLayout& layout,
                               std::size_t rows_per_call);

}  // namespace modattr
