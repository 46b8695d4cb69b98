#include "modattr/data/label_reader.h"

#include <cmath>
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

AnswerCounts read_counts(const std::string& path, const Array& array) {
  AnswerCounts counts;
  const auto answer_count = static_cast<std::size_t>(array.shape[1]);
  constexpr std::size_t kRowsAtATime = 1024;
  // Piecewise: a dense table of counts can be much larger than what is kept of it.
  for (std::size_t first = 0; first < array.row_count(); first += kRowsAtATime) {
    const std::size_t row_count = std::min(kRowsAtATime, array.row_count() - first);
    Array part = array;
    part.shape[0] = static_cast<std::int64_t>(row_count);
    part.bytes = array.bytes.subspan(first * array.row_bytes(), row_count * array.row_bytes());
    const std::vector<double> values = to_doubles(part);
    for (std::size_t row = 0; row < row_count; ++row) {
      const std::span<const double> row_counts = std::span(values).subspan(row * answer_count, answer_count);
      for (const double count : row_counts) {
        if (!(count >= 0.0) || std::isinf(count)) {
          throw_data_error(where(path, array, first + row), "counts of at least 0", number_text(count));
        }
      }
      counts.add_example(row_counts);
    }
  }
  return counts;
}

ValueLabels read_values(const std::string& path, const Array& array) {
  ValueLabels labels{to_doubles(array)};
  for (std::size_t row = 0; row < labels.values.size(); ++row) {
    if (!std::isfinite(labels.values[row])) {
      throw_data_error(where(path, array, row), "a finite number", number_text(labels.values[row]));
    }
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
    Array part = array;
    part.shape[0] = static_cast<std::int64_t>(row_count);
    part.bytes = array.bytes.subspan(first * array.row_bytes(), row_count * array.row_bytes());
    const std::vector<std::int64_t> ids = to_integers(part);
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

Labels read_labels(const std::string& path, const Array& array, OutputKind kind) {
  if (c10::isComplexType(array.dtype)) throw_data_error(where(path, array), "integers or floats", describe(array));
  if (kind == OutputKind::kCausalLm) return check_tokens(path, array);
  const bool one_per_example = array.shape.size() == 1 || (array.shape.size() == 2 && array.shape[1] == 1);
  if (kind == OutputKind::kRegression) {
    if (!one_per_example) {
      throw_data_error(where(path, array), "one number per example [N] for regression", describe(array));
    }
    return read_values(path, array);
  }
  if (one_per_example) {
    if (!is_integral(array)) {
      throw_data_error(where(path, array), "integer classes [N] or answer counts [N, answers]", describe(array),
                       "for a regression set model.kind to \"regression\"");
    }
    return ClassLabels{to_integers(array)};
  }
  if (array.shape.size() == 2 && array.shape[1] > 1) return read_counts(path, array);
  throw_data_error(where(path, array), "integer classes [N] or answer counts [N, answers]", describe(array));
}

Labels select_labels(const Labels& labels, std::span<const std::uint32_t> examples) {
  if (const auto* classes = std::get_if<ClassLabels>(&labels)) {
    ClassLabels selected;
    for (const std::uint32_t example : examples) selected.classes.push_back(classes->classes.at(example));
    return selected;
  }
  if (const auto* values = std::get_if<ValueLabels>(&labels)) {
    ValueLabels selected;
    for (const std::uint32_t example : examples) selected.values.push_back(values->values.at(example));
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
