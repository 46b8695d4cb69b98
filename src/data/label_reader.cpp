#include "modattr/data/label_reader.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "modattr/data/array_tensor.h"
#include "modattr/data/messages.h"

namespace modattr {
namespace {

std::string where(const std::string& path, const Array& array) {
  return path + ": label " + quoted_text(array.name);
}

std::string where(const std::string& path, const Array& array, std::size_t row) {
  return where(path, array) + " of row " + std::to_string(row);
}

/// The place of the only 1 of a row of zeros, else nothing.
std::optional<std::int64_t> one_hot_place(std::span<const double> row) {
  const auto first = std::ranges::find_if(row, [](double value) { return value != 0.0; });
  if (first == row.end() || *first != 1.0) return std::nullopt;
  const bool is_only = std::all_of(first + 1, row.end(), [](double value) { return value == 0.0; });
  return is_only ? std::optional<std::int64_t>(first - row.begin()) : std::nullopt;
}

Labels read_answer_columns(const std::string& path, const Array& array, AnswerColumns columns) {
  AnswerCounts counts;
  const auto answer_count = static_cast<std::size_t>(array.shape[1]);
  ClassLabels one_hot{{}, answer_count};
  bool is_one_hot = columns == AnswerColumns::kByContent;
  constexpr std::size_t kRowsAtATime = 1024;
  // Piecewise: a dense table of counts can be much larger than what is kept of it.
  for (std::size_t first = 0; first < array.row_count(); first += kRowsAtATime) {
    const std::size_t row_count = std::min(kRowsAtATime, array.row_count() - first);
    const std::vector<double> values = to_doubles(rows_of(array, first, row_count));
    for (std::size_t row = 0; row < row_count; ++row) {
      const std::span<const double> row_counts = std::span(values).subspan(row * answer_count, answer_count);
      for (const double count : row_counts) {
        if (!(count >= 0.0) || std::isinf(count)) {
          throw_data_error(where(path, array, first + row), "counts of at least 0", number_text(count));
        }
      }
      counts.add_example(row_counts);
      const std::optional<std::int64_t> place = is_one_hot ? one_hot_place(row_counts) : std::nullopt;
      is_one_hot = place.has_value();
      if (place) one_hot.classes.push_back(*place);
    }
  }
  if (is_one_hot) return one_hot;
  return counts;
}

ValueLabels read_values(const std::string& path, const Array& array) {
  ValueLabels labels{to_doubles(array), array.shape.size() == 2 ? static_cast<std::size_t>(array.shape[1]) : 1};
  for (std::size_t place = 0; place < labels.values.size(); ++place) {
    if (!std::isfinite(labels.values[place])) {
      throw_data_error(where(path, array, place / labels.column_count), "a finite number",
                       number_text(labels.values[place]));
    }
  }
  return labels;
}

/// Classes that were saved as floats, as the binary cross-entropy of PyTorch wants them.
ClassLabels read_float_classes(const std::string& path, const Array& array) {
  // Doubles tell all whole numbers below apart.
  constexpr double kLargest = 9007199254740992.0;
  const std::vector<double> values = to_doubles(array);
  ClassLabels labels;
  for (std::size_t row = 0; row < values.size(); ++row) {
    const double value = values[row];
    if (std::signbit(value) || !(value < kLargest) || value != std::floor(value)) {
      throw_data_error(where(path, array), "integer classes [N] or answer counts [N, answers]",
                       describe(array) + " with " + number_text(value) + " in row " + std::to_string(row),
                       "for a regression set model.kind to \"regression\"");
    }
    labels.classes.push_back(static_cast<std::int64_t>(value));
  }
  return labels;
}

IndicatorLabels read_indicators(const std::string& path, const Array& array) {
  const bool has_rows = array.shape.size() == 1 || (array.shape.size() == 2 && array.shape[1] > 0);
  if (!has_rows) throw_data_error(where(path, array), "0 or 1 for every label [N, labels]", describe(array));
  IndicatorLabels labels{{}, array.shape.size() == 2 ? static_cast<std::size_t>(array.shape[1]) : 1};
  const std::vector<double> values = to_doubles(array);
  labels.flags.reserve(values.size());
  for (std::size_t place = 0; place < values.size(); ++place) {
    if (values[place] != 0.0 && values[place] != 1.0) {
      throw_data_error(where(path, array, place / labels.label_count), "0 or 1 for every label",
                       number_text(values[place]));
    }
    labels.flags.push_back(values[place] == 1.0 ? 1 : 0);
  }
  return labels;
}

/// Only that there is something to predict; the ids themselves are an input of the model.
TokenLabels check_tokens(const std::string& path, const Array& array) {
  if (array.dtype != c10::kLong || array.shape.size() != 2) {
    throw_data_error(where(path, array), "int64 token ids [N, positions], -100 = ignored", describe(array));
  }
  constexpr std::int64_t kIgnored = -100;
  constexpr std::size_t kRowsAtATime = 1024;
  const auto width = static_cast<std::size_t>(array.shape[1]);
  for (std::size_t first = 0; first < array.row_count(); first += kRowsAtATime) {
    const std::size_t row_count = std::min(kRowsAtATime, array.row_count() - first);
    const std::vector<std::int64_t> ids = to_integers(rows_of(array, first, row_count));
    for (std::size_t row = 0; row < row_count; ++row) {
      const std::span<const std::int64_t> own = std::span(ids).subspan(row * width, width);
      const auto bad = std::ranges::find_if(own, [](std::int64_t id) { return id < 0 && id != kIgnored; });
      if (bad != own.end()) {
        throw_data_error(where(path, array, first + row), "token ids of at least 0, or -100", std::to_string(*bad));
      }
      if (std::ranges::all_of(own, [](std::int64_t id) { return id == kIgnored; })) {
        throw_data_error(where(path, array, first + row), "at least one token to predict", "only -100");
      }
    }
  }
  return {};
}

}  // namespace

Labels read_labels(const std::string& path, const Array& array, OutputKind kind, AnswerColumns columns) {
  if (c10::isComplexType(array.dtype)) throw_data_error(where(path, array), "integers or floats", describe(array));
  if (kind == OutputKind::kCausalLm) return check_tokens(path, array);
  const bool one_per_example = array.shape.size() == 1 || (array.shape.size() == 2 && array.shape[1] == 1);
  if (kind == OutputKind::kRegression) {
    const bool has_columns = array.shape.size() == 2 && array.shape[1] > 1;
    if (!one_per_example && !has_columns) {
      throw_data_error(where(path, array), "numbers [N] or [N, outputs] for regression", describe(array));
    }
    return read_values(path, array);
  }
  if (predicts_label_sets(kind)) return read_indicators(path, array);
  if (one_per_example) {
    return is_integral(array) ? ClassLabels{to_integers(array)} : read_float_classes(path, array);
  }
  if (array.shape.size() == 2 && array.shape[1] > 1) return read_answer_columns(path, array, columns);
  throw_data_error(where(path, array), "integer classes [N] or answer counts [N, answers]", describe(array));
}

void throw_text_labels(const std::string& path, const Array& array) {
  throw_data_error(
      where(path, array), "classes as whole numbers, from 0 on", describe(array),
      "save each text's place among the model's classes, and the classes as " + quoted_text(array.name + "__classes"));
}

Labels select_labels(const Labels& labels, std::span<const std::uint32_t> examples) {
  if (const auto* classes = std::get_if<ClassLabels>(&labels)) {
    ClassLabels selected;
    selected.one_hot_width = classes->one_hot_width;
    for (const std::uint32_t example : examples) selected.classes.push_back(classes->classes.at(example));
    return selected;
  }
  if (const auto* values = std::get_if<ValueLabels>(&labels)) {
    ValueLabels selected{{}, values->column_count};
    for (const std::uint32_t example : examples) {
      for (std::size_t column = 0; column < values->column_count; ++column) {
        selected.values.push_back(values->value(example, column));
      }
    }
    return selected;
  }
  if (const auto* indicators = std::get_if<IndicatorLabels>(&labels)) {
    IndicatorLabels selected{{}, indicators->label_count};
    for (const std::uint32_t example : examples) {
      const std::span<const std::uint8_t> row = indicators->row(example);
      selected.flags.insert(selected.flags.end(), row.begin(), row.end());
    }
    return selected;
  }
  if (const auto* counts = std::get_if<AnswerCounts>(&labels)) {
    AnswerCounts selected;
    for (const std::uint32_t example : examples) {
      std::vector<double> row(counts->answer_count(), 0.0);
      for (const AnswerCounts::Entry& entry : counts->entries(example)) row[entry.answer] = entry.count;
      selected.add_example(row);
    }
    return selected;
  }
  if (std::holds_alternative<TokenLabels>(labels)) return TokenLabels{};
  return NoLabels{};
}

}  // namespace modattr
