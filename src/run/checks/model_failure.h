#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/data/dataset.h"
#include "modattr/model/model.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// A model on the rows of a set, untouched.
struct ModelTrial {
  const Model& model;
  const Dataset& dataset;
  const InputLayout& layout;
  std::size_t rows_per_call = 1;
};

/// Names of the inputs whose floats have another type than the model's weights, where the model fails on a few rows as
/// they are and takes them once they have that type; empty otherwise.
std::vector<std::string> inputs_to_cast(const ModelTrial& trial);

/// Throws ModelError where the model fails on an example, out of a few of them, that stands beside none but itself:
/// runs put other rows beside it than the set does.
void check_single_examples(const ModelTrial& trial);

/// What a failure of the model has to do with the data, by the text of its error (a batch size that it was traced for,
/// an unknown id, a wrong number of columns, complex numbers, weights of half precision) or found by trying a few rows:
/// integers where the model needs floats, rows that it takes beside others only, an example that it never takes. Begins
/// with "; "; empty where nothing is found.
std::string hint_at_failure(const ModelTrial& trial, std::string_view error);

}  // namespace modattr
