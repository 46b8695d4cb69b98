// How many rows the evaluator's calls have, and how wide their outputs are.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "modattr/core/error.h"
#include "modattr/value/call_size.h"
#include "modattr/value/model_evaluator.h"

namespace modattr {
namespace {

/// Largest multiple of the configured rows per call that is tried.
constexpr std::size_t kMostCallsInOne = 64;
constexpr std::size_t kMostBytesPerCall = std::size_t{1} << 30;
/// As many as are planned at a time.
constexpr std::size_t kMostRowsPerCall = std::size_t{1} << 16;

}  // namespace

std::size_t ModelEvaluator::output_width() {
  if (output_width_ != 0) return output_width_;
  const auto width_of_rows = [&](std::size_t row_count) {
    std::vector<std::uint32_t> examples(row_count);
    for (std::size_t row = 0; row < row_count; ++row) {
      examples[row] = static_cast<std::uint32_t>(std::min(row, dataset_.example_count() - 1));
    }
    return static_cast<std::size_t>(model_.run(input_names_, gather_own(examples)).size(1));
  };
  // Seldom one that a model is traced for.
  constexpr std::size_t kFewRows = 3;
  try {
    output_width_ = width_of_rows(std::min(kFewRows, options_.rows_per_call));
    return output_width_;
  } catch (const ModelError&) {
    // A model traced for one batch size, or one that fails.
  }
  try {
    output_width_ = width_of_rows(options_.rows_per_call);
  } catch (const ModelError& error) {
    // Copies of one row tell a number of rows that the model does not take from data that it does not.
    const auto width_of_copies = [&](std::size_t row_count) {
      return static_cast<std::size_t>(
          model_.run(input_names_, gather_own(std::vector<std::uint32_t>(row_count, 0))).size(1));
    };
    const std::optional<std::size_t> row_count = working_row_count(width_of_copies);
    if (!row_count || works(width_of_copies, options_.rows_per_call)) throw;
    throw ConfigError("model.rows_per_call: expected " + std::to_string(*row_count) + ", a number of rows that " +
                      model_.path() + " answers for, got " + std::to_string(options_.rows_per_call) + ": " +
                      error.what());
  }
  return output_width_;
}

MixedRows ModelEvaluator::probe_rows(std::size_t first, std::size_t count) const {
  MixedRows rows(layout_.modalities.count(), count);
  for (std::size_t row = 0; row < count; ++row) {
    const std::size_t example = first + row;
    rows.own[row] = static_cast<std::uint32_t>(example % dataset_.example_count());
    for (std::size_t modality = 0; modality < rows.by_modality.size(); ++modality) {
      rows.by_modality[modality][row] =
          static_cast<std::uint32_t>((example * (modality + 1)) % dataset_.example_count());
    }
  }
  return rows;
}

at::Tensor ModelEvaluator::run_probe_rows(std::size_t first, std::size_t count) const {
  return run(gather(probe_rows(first, count), nullptr));
}

std::size_t ModelEvaluator::call_row_bytes() {
  std::size_t bytes = output_width() * sizeof(double);
  if (!split_) {
    for (std::size_t input = 0; input < dataset_.input_count(); ++input) bytes += dataset_.input(input).row_bytes();
    return bytes;
  }
  for (std::size_t modality = 0; modality < layout_.modalities.count(); ++modality) {
    bytes += split_->encodings->row_bytes(modality);
  }
  for (const std::size_t input : split_->model->raw_inputs()) bytes += dataset_.input(input).row_bytes();
  return bytes;
}

std::size_t ModelEvaluator::fusion_reference_rows() {
  // As many rows as a processor's own cache has room for; a fixed rule, as results may not depend on timing.
  constexpr std::size_t kCacheBytes = std::size_t{1} << 20;
  constexpr std::size_t kMostRows = 1024;
  const std::size_t example_count = options_.example_count.value_or(dataset_.example_count());
  std::size_t rows = options_.rows_per_call;
  while (2 * rows <= kMostRows && 2 * rows * call_row_bytes() <= kCacheBytes && rows < example_count) {
    rows *= 2;
  }
  return rows;
}

std::size_t ModelEvaluator::rows_per_call() {
  if (rows_per_call_ != 0) return rows_per_call_;
  const ProbeCall call = [&](std::size_t first, std::size_t count) { return run_probe_rows(first, count); };
  rows_per_call_ = options_.rows_per_call;
  if (split_) {
    const std::size_t rows = fusion_reference_rows();
    if (rows > rows_per_call_ && gives_same_answers(call, rows_per_call_, rows)) rows_per_call_ = rows;
  }
  if (options_.batch_size) {
    // Kernels treat the rows at the end of an odd number apart, which a probe may miss.
    const std::size_t wanted =
        std::min(*options_.batch_size, most_rows_per_call()) / options_.rows_per_call * options_.rows_per_call;
    if (wanted > 0 && gives_same_bytes(call, rows_per_call_, wanted)) rows_per_call_ = wanted;
  }
  return rows_per_call_;
}

void ModelEvaluator::speed_calls_up(std::size_t row_count) {
  // Trying sizes takes up to some hundred calls: it pays in long runs.
  constexpr std::size_t kLongRunCalls = 4096;
  if (options_.batch_size || tried_sizes_) return;
  if (evaluation_count_ + row_count < kLongRunCalls * rows_per_call()) return;
  const ProbeCall call = [&](std::size_t first, std::size_t count) { return run_probe_rows(first, count); };
  rows_per_call_ = fastest_call_size(call, rows_per_call_, most_rows_per_call());
  tried_sizes_ = true;
}

std::size_t ModelEvaluator::most_rows_per_call() {
  const std::size_t most =
      std::min({kMostCallsInOne * options_.rows_per_call, kMostBytesPerCall / call_row_bytes(), kMostRowsPerCall});
  return std::max(most, options_.rows_per_call);
}

double ModelEvaluator::measure_row() {
  const CallInput input = gather(probe_rows(0, rows_per_call()), nullptr);
  return seconds_per_row([&](std::size_t, std::size_t) { return run(input); }, rows_per_call());
}

}  // namespace modattr
