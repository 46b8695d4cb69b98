#pragma once

#include <cstddef>
#include <functional>

#include "modattr/data/dataset.h"
#include "modattr/model/model.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/mixes/mixed_rows.h"

namespace modattr {

/// What a row's answer depends on besides the row.
enum class BatchDependence { kIndependent, kDependsOnNeighbours, kRandom };

/// Tries the whole model on a few rows: twice the same, among other neighbours, and among copies of themselves; at most
/// `rows_per_call` at a time. A model that fails on so few rows (traced for one batch size) counts as independent.
BatchDependence probe_batch_dependence(const Model& model, const Dataset& dataset, const InputLayout& layout,
                                       std::size_t rows_per_call);

/// Runs rows in one call; [rows, outputs].
using RowsCall = std::function<at::Tensor(const MixedRows& rows)>;

/// How a model is called: on which set, in how many modalities, with how many rows.
struct CallShape {
  std::size_t example_count = 0;
  std::size_t modality_count = 0;
  /// Of the whole model, and of a split one.
  std::size_t whole_row_count = 0;
  std::size_t row_count = 0;
};

/// Whether a split model answers like the whole one in calls of that shape: the mixed rows of a call of the whole one,
/// repeated in one call of the split one, stand at places that the proof of the split, on fewer rows, has not tried.
/// Throws what the calls throw.
bool answers_like_whole(const RowsCall& whole, const RowsCall& split, const CallShape& shape);

}  // namespace modattr
