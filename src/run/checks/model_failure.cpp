#include "model_failure.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/data/array_tensor.h"

namespace modattr {
namespace {

using Rows = std::vector<std::uint32_t>;
/// Which inputs are given the type of the model's weights.
using IsCast = std::function<bool(std::size_t input)>;

/// What the model says to rows that it does not take; nullopt where it takes them.
std::optional<std::string> failure_of(const ModelTrial& trial, const Rows& rows, const IsCast& is_cast = {}) {
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < trial.layout.inputs.size(); ++input) {
    inputs.push_back(trial.dataset.gather(input, rows));
    if (is_cast && is_cast(input)) inputs.back() = inputs.back().to(*trial.model.float_dtype());
  }
  try {
    trial.model.run(trial.layout.input_names(), inputs);
    return std::nullopt;
  } catch (const ModelError& error) {
    return error.what();
  }
}

bool takes(const ModelTrial& trial, const Rows& rows, const IsCast& is_cast = {}) {
  return !failure_of(trial, rows, is_cast);
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
  casts.emplace_back(is_integer);
  for (const IsCast& is_cast : casts) {
    if (!needs_cast(trial, is_cast)) continue;
    std::string arrays;
    std::string saved;
    std::string example;
    for (std::size_t input = 0; input < trial.layout.inputs.size(); ++input) {
      if (!is_cast(input)) continue;
      const Array& array = trial.dataset.input(input);
      const std::string dtype = dtype_name(*trial.model.float_dtype());
      arrays += (arrays.empty() ? "'" : ", '") + array.name + "' is " + dtype_name(array.dtype);
      saved += (saved.empty() ? "" : " and ") + array.name + ".astype(np." + dtype + ")";
      example = array.name;
    }
    return "; " + arrays + " and the model's weights are " + dtype_name(*trial.model.float_dtype()) + ": save " +
           saved + " as the model was trained on, or call " + example + ".float() in forward()";
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
  return "; it takes example " + id(taken.front()) + ", but example " + id(refused.front()) +
         " neither alone nor beside another: look at its data, or leave it out of the set";
}

Rows repeated_examples(const ModelTrial& trial, std::size_t first, std::size_t count) {
  Rows examples(count);
  for (std::size_t place = 0; place < count; ++place) {
    examples[place] = static_cast<std::uint32_t>((first + place) % trial.dataset.example_count());
  }
  return examples;
}

/// The number at the front of a text.
std::optional<std::size_t> leading_number(std::string_view text) {
  std::size_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  return result.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

/// What stands behind the first `mark`; nullopt where it is not there.
std::optional<std::string_view> behind(std::string_view text, std::string_view mark) {
  const std::size_t place = text.find(mark);
  return place == std::string_view::npos ? std::nullopt : std::optional(text.substr(place + mark.size()));
}

/// "shape '[60, 4]' is invalid": a model that was traced keeps the number of rows of its example.
std::string hint_at_batch_size(const ModelTrial& trial, std::string_view error) {
  const auto shape = behind(error, "shape '[");
  const auto count = shape ? leading_number(*shape) : std::nullopt;
  constexpr std::size_t kMostRows = 1U << 16;
  if (!count || *count == 0 || *count > kMostRows || *count == trial.rows_per_call) return {};
  if (!takes(trial, repeated_examples(trial, 0, *count))) return {};
  return "; it was traced for a batch of " + std::to_string(*count) + ": set model.rows_per_call to " +
         std::to_string(*count);
}

/// "mat1 and mat2 shapes cannot be multiplied (32x3 and 5x8)"
std::string hint_at_width(const ModelTrial& trial, std::string_view error) {
  const auto shapes = behind(error, "cannot be multiplied (");
  const auto given = shapes ? behind(*shapes, "x") : std::nullopt;
  const auto weights = given ? behind(*given, " and ") : std::nullopt;
  const auto got = given ? leading_number(*given) : std::nullopt;
  const auto expected = weights ? leading_number(*weights) : std::nullopt;
  if (!got || !expected) return {};
  std::string names;
  for (std::size_t input = 0; input < trial.layout.inputs.size(); ++input) {
    const Array& array = trial.dataset.input(input);
    const bool has_width = !array.shape.empty() && array.shape.back() == static_cast<std::int64_t>(*got);
    if (has_width) names += (names.empty() ? "'" : " or '") + array.name + "'";
  }
  return "; a layer takes " + std::to_string(*expected) + " columns and gets " + std::to_string(*got) +
         (names.empty() ? "" : ", as many as " + names + " has") + ": save the columns that the model was trained on";
}

std::string hint_at_complex(const ModelTrial& trial) {
  for (std::size_t input = 0; input < trial.layout.inputs.size(); ++input) {
    const Array& array = trial.dataset.input(input);
    if (!c10::isComplexType(array.dtype)) continue;
    const std::string weights = trial.model.float_dtype() ? dtype_name(*trial.model.float_dtype()) : "real";
    return "; '" + array.name + "' is " + dtype_name(array.dtype) + " and the model's weights are " + weights +
           ": save real numbers, such as np.abs(" + array.name + ") or " + array.name + ".real beside " + array.name +
           ".imag";
  }
  return {};
}

std::string hint_at_half(const ModelTrial& trial, std::string_view error) {
  constexpr std::string_view kUnable = "not implemented for 'Half'";
  std::string failure(error);
  if (!behind(failure, kUnable) && trial.model.float_dtype() == c10::ScalarType::Half) {
    // Of floats of another type libtorch says that the types differ, and this only once they do not.
    const IsCast is_float = [&](std::size_t input) { return c10::isFloatingType(trial.dataset.input(input).dtype); };
    failure = failure_of(trial, first_rows(trial, trial.rows_per_call), is_float).value_or("");
  }
  if (!behind(failure, kUnable)) return {};
  return "; libtorch computes in float16 on a GPU only: save model.float(), or run with " + option("device") + " cuda";
}

/// Least and greatest number of every input of integers, in an example.
std::string index_ranges(const ModelTrial& trial, std::uint32_t example) {
  std::string ranges;
  for (std::size_t input = 0; input < trial.layout.inputs.size(); ++input) {
    const Array& array = trial.dataset.input(input);
    if (!is_integral(array) || array.row_bytes() == 0) continue;
    const at::Tensor row = trial.dataset.gather(input, std::span(&example, 1)).to(at::kLong).contiguous();
    const std::span<const std::int64_t> ids(row.data_ptr<std::int64_t>(), static_cast<std::size_t>(row.numel()));
    const auto [least, most] = std::ranges::minmax(ids);
    ranges += (ranges.empty() ? "" : ", ") + ("'" + array.name + "' ") + std::to_string(least) +
              (least == most ? "" : " to " + std::to_string(most));
  }
  return ranges;
}

/// "index out of range": of an embedding, mostly. Names the example.
std::string hint_at_index(const ModelTrial& trial, std::string_view error) {
  if (!behind(error, "index out of range") && !behind(error, "out of bounds")) return {};
  const std::size_t count = trial.dataset.example_count();
  for (std::size_t first = 0; first < count; first += trial.rows_per_call) {
    // The last call begins again at the first example.
    if (takes(trial, repeated_examples(trial, first, trial.rows_per_call))) continue;
    for (std::size_t example = first; example < std::min(first + trial.rows_per_call, count); ++example) {
      const auto number = static_cast<std::uint32_t>(example);
      if (takes(trial, Rows(trial.rows_per_call, number))) continue;
      const std::string ranges = index_ranges(trial, number);
      return "; example " + trial.dataset.id(example) + " (row " + std::to_string(trial.dataset.row(example)) +
             ") has an id that the model does not know" + (ranges.empty() ? "" : ": its ids are " + ranges);
    }
  }
  return {};
}

/// What to do about a failure whose text says what it is: a batch size that the model was traced for, an index that it
/// does not have, a wrong number of columns, numbers that are complex, or weights of half precision.
std::string hint_at_reason(const ModelTrial& trial, std::string_view error) {
  for (const std::string& hint : {hint_at_batch_size(trial, error), hint_at_half(trial, error), hint_at_complex(trial),
                                  hint_at_width(trial, error), hint_at_index(trial, error)}) {
    if (!hint.empty()) return hint;
  }
  return {};
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

void check_single_examples(const ModelTrial& trial) {
  constexpr std::size_t kMostExamples = 8;
  const std::size_t count = std::min(kMostExamples, trial.dataset.example_count());
  for (std::size_t place = 0; place < count; ++place) {
    const auto example = static_cast<std::uint32_t>(place * trial.dataset.example_count() / count);
    const std::optional<std::string> failure = failure_of(trial, Rows(trial.rows_per_call, example));
    if (failure) throw ModelError(*failure + hint_at_failure(trial, *failure));
  }
}

std::string hint_at_failure(const ModelTrial& trial, std::string_view error) {
  std::string hint = hint_at_reason(trial, error);
  if (hint.empty()) hint = hint_at_types(trial);
  return hint.empty() ? hint_at_rows(trial) : hint;
}

}  // namespace modattr
