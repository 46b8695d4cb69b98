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
          throw_data_error(where(path, array, first + row), "counts of at least 0", std::to_string(count));
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
      throw_data_error(where(path, array, row), "a finite number", std::to_string(labels.values[row]));
    }
  }
  return labels;
}

}  // namespace

Labels read_labels(const std::string& path, const Array& array, OutputKind kind) {
  if (c10::isComplexType(array.dtype)) throw_data_error(where(path, array), "integers or floats", describe(array));
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
  return NoLabels{};
}

}  // namespace modattr
