#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "modattr/data/dataset.h"
#include "modattr/model/model.h"

namespace modattr {

/// A few rows of the data and what the model makes of them.
struct TriedRows {
  std::vector<ModelOutput> outputs;
  /// Why there are none.
  std::string failure;
  /// The one number of rows that the model takes, as it was traced so; nullopt = not known to be one.
  std::optional<std::size_t> fixed_row_count = std::nullopt;
};

/// Runs the model on a few rows from all over the set, as many as it takes. The inputs of the set are those of the
/// model.
TriedRows try_rows(const Model& model, const Dataset& dataset);

}  // namespace modattr
