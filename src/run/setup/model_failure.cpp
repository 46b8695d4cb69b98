#include "model_failure.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>

#include "modattr/core/error.h"
#include "modattr/data/array_tensor.h"

namespace modattr {
namespace {

using Rows = std::vector<std::uint32_t>;
/// Which inputs are given the type of the model's weights.
using IsCast = std::function<bool(std::size_t input)>;

bool takes(const ModelTrial& trial, const Rows& rows, const IsCast& is_cast = {}) {
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < trial.layout.inputs.size(); ++input) {
    inputs.push_back(trial.dataset.gather(input, rows));
    if (is_cast && is_cast(input)) inputs.back() = inputs.back().to(*trial.model.float_dtype());
  }
  try {
    trial.model.run(trial.layout.input_names(), inputs);
    return true;
  } catch (const ModelError&) {
    return false;
  }
}

Rows first_rows(const ModelTrial& trial, std::size_t count) {
  Rows rows(count);
  for (std::size_t row = 0; row < count; ++row) {
    rows[row] = static_cast<std::uint32_t>(row % trial.dataset.example_count());
  }
  return rows;
}

/// Numbers of rows that are tried: few, and as many as models may be traced for.
std::vector<std::size_t> tried_counts(const ModelTrial& trial) {
  constexpr std::size_t kFewRows = 3;
  return {std::min(kFewRows, trial.rows_per_call), trial.rows_per_call};
}

/// Whether giving these inputs the type of the weights is what the model needs.
bool needs_cast(const ModelTrial& trial, const IsCast& is_cast) {
  return std::ranges::any_of(tried_counts(trial), [&](std::size_t count) {
    const Rows rows = first_rows(trial, count);
    return !takes(trial, rows) && takes(trial, rows, is_cast);
  });
}

std::string hint_at_types(const ModelTrial& trial) {
  if (!trial.model.float_dtype()) return {};
  const auto is_integer = [&](std::size_t input) {
    const Array& array = trial.dataset.input(input);
    return is_integral(array) && array.dtype != c10::ScalarType::Bool;
  };
  const auto is_byte = [&](std::size_t input) { return trial.dataset.input(input).dtype == c10::ScalarType::Byte; };
  std::vector<IsCast> casts;
  for (std::size_t input = 0; input < trial.layout.inputs.size(); ++input) {
    if (is_integer(input)) casts.emplace_back([input](std::size_t other) { return other == input; });
  }
  casts.emplace_back(is_byte);
  for (const IsCast& is_cast : casts) {
    if (!needs_cast(trial, is_cast)) continue;
    std::string names;
    std::string types;
    std::string example;
    for (std::size_t input = 0; input < trial.layout.inputs.size(); ++input) {
      if (!is_cast(input)) continue;
      const Array& array = trial.dataset.input(input);
      names += (names.empty() ? "'" : ", '") + array.name + "'";
      types = dtype_name(array.dtype);
      example = array.name;
    }
    const std::string dtype = dtype_name(*trial.model.float_dtype());
    return "; " + names + " is " + types + " and the model's weights are " + dtype + ": save " + example +
           ".astype(np." + dtype + ") as the model was trained on, or call " + example + ".float() in forward()";
  }
  return {};
}

std::string hint_at_rows(const ModelTrial& trial) {
  constexpr std::size_t kMostExamples = 32;
  const std::size_t count = std::min(kMostExamples, trial.dataset.example_count());
  Rows examples(count);
  for (std::size_t place = 0; place < count; ++place) {
    examples[place] = static_cast<std::uint32_t>(place * trial.dataset.example_count() / count);
  }
  Rows taken;
  Rows refused;
  for (const std::uint32_t example : examples) (takes(trial, {example}) ? taken : refused).push_back(example);
  const std::string what_to_do =
      ", as its answer for a row depends on the other rows; a torch.nn.TransformerEncoder with a padding mask has to "
      "be made with enable_nested_tensor=False";
  const auto id = [&](std::uint32_t example) { return trial.dataset.id(example); };
  if (taken.empty())
    return count > 1 && takes(trial, examples) ? "; it takes rows together, but not alone" + what_to_do : "";
  if (refused.empty()) return takes(trial, examples) ? "" : "; it takes rows alone, but not together";
  for (const std::uint32_t other : taken) {
    if (!takes(trial, {refused.front(), other})) continue;
    return "; it takes example " + id(refused.front()) + " beside example " + id(other) + ", but not alone" +
           what_to_do;
  }
  return "; it takes example " + id(taken.front()) + ", but example " + id(refused.front()) + " beside no other";
}

}  // namespace

std::vector<std::string> inputs_to_cast(const ModelTrial& trial) {
  const std::optional<c10::ScalarType> dtype = trial.model.float_dtype();
  const IsCast is_cast = [&](std::size_t input) {
    const c10::ScalarType own = trial.dataset.input(input).dtype;
    return c10::isFloatingType(own) && own != *dtype;
  };
  std::vector<std::string> names;
  for (std::size_t input = 0; dtype && input < trial.layout.inputs.size(); ++input) {
    if (is_cast(input)) names.push_back(trial.layout.inputs[input].name);
  }
  if (names.empty() || !needs_cast(trial, is_cast)) return {};
  return names;
}

std::string hint_at_failure(const ModelTrial& trial) {
  std::string hint = hint_at_types(trial);
  return hint.empty() ? hint_at_rows(trial) : hint;
}

}  // namespace modattr
