#include "tried_rows.h"

#include <algorithm>
#include <cstdint>

#include "modattr/core/error.h"

namespace modattr {
namespace {

/// Gives floats the type of the model's weights, as every command does; whether there is one that has another.
bool cast_floats(const Model& model, std::vector<at::Tensor>& tensors) {
  const std::optional<c10::ScalarType> dtype = model.float_dtype();
  bool is_cast = false;
  for (at::Tensor& tensor : tensors) {
    if (!dtype || !tensor.is_floating_point() || tensor.scalar_type() == *dtype) continue;
    tensor = tensor.to(*dtype);
    is_cast = true;
  }
  return is_cast;
}

}  // namespace

TriedRows try_rows(const Model& model, const Dataset& dataset) {
  std::vector<std::string> names;
  for (std::size_t input = 0; input < dataset.input_count(); ++input) names.push_back(dataset.input(input).name);
  const auto outputs_of = [&](const std::vector<std::uint32_t>& rows) {
    std::vector<at::Tensor> tensors;
    for (std::size_t input = 0; input < names.size(); ++input) tensors.push_back(dataset.gather(input, rows));
    try {
      return model.outputs(names, tensors);
    } catch (const ModelError&) {
      if (!cast_floats(model, tensors)) throw;
      return model.outputs(names, tensors);
    }
  };
  const auto takes_copies = [&](std::size_t row_count) {
    try {
      return !outputs_of(std::vector<std::uint32_t>(row_count, 0)).empty();
    } catch (const ModelError&) {
      return false;
    }
  };
  const std::size_t usual_count = std::min<std::size_t>(32, dataset.example_count());
  TriedRows tried;
  // Then numbers of rows that models are traced for.
  for (const std::size_t row_count : {usual_count, std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{8},
                                      std::size_t{16}, std::size_t{32}, std::size_t{64}}) {
    std::vector<std::uint32_t> rows(row_count);
    for (std::size_t row = 0; row < row_count; ++row) {
      const std::size_t stride = std::max<std::size_t>(dataset.example_count() / row_count, 1);
      rows[row] = static_cast<std::uint32_t>(row * stride % dataset.example_count());
    }
    try {
      tried.outputs = outputs_of(rows);
      // Copies of one row tell a number of rows that the model does not take from data that it does not.
      if (!tried.failure.empty() && takes_copies(row_count) && !takes_copies(usual_count)) {
        tried.fixed_row_count = row_count;
      }
      return tried;
    } catch (const ModelError& error) {
      if (tried.failure.empty()) tried.failure = error.what();
    }
  }
  return tried;
}

}  // namespace modattr
