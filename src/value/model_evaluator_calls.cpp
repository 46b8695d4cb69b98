// How many rows the evaluator's calls have.

#include <algorithm>

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

std::size_t ModelEvaluator::call_row_bytes() {
  std::size_t bytes = output_width() * sizeof(double);
  if (!split_) {
    for (std::size_t input = 0; input < dataset_.input_count(); ++input) bytes += dataset_.input(input).row_bytes();
    return bytes;
  }
  for (std::size_t modality = 0; modality < layout_.modalities.count(); ++modality) {
    bytes += split_->features->row_bytes(modality);
  }
  for (const std::size_t input : split_->model->raw_inputs()) bytes += dataset_.input(input).row_bytes();
  return bytes;
}

std::size_t ModelEvaluator::fusion_reference_rows() {
  // As many rows as a processor's own cache has room for; a fixed rule, as results may not depend on timing.
  constexpr std::size_t kCacheBytes = std::size_t{1} << 20;
  constexpr std::size_t kMostRows = 1024;
  std::size_t rows = options_.rows_per_call;
  while (2 * rows <= kMostRows && 2 * rows * call_row_bytes() <= kCacheBytes && rows < dataset_.example_count()) {
    rows *= 2;
  }
  return rows;
}

std::size_t ModelEvaluator::rows_per_call() {
  if (rows_per_call_ != 0) return rows_per_call_;
  const ProbeCall call = [&](std::size_t first, std::size_t count) { return run(gather(probe_rows(first, count))); };
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
  const ProbeCall call = [&](std::size_t first, std::size_t count) { return run(gather(probe_rows(first, count))); };
  rows_per_call_ = fastest_call_size(call, rows_per_call_, most_rows_per_call());
  tried_sizes_ = true;
}

std::size_t ModelEvaluator::most_rows_per_call() {
  const std::size_t most =
      std::min({kMostCallsInOne * options_.rows_per_call, kMostBytesPerCall / call_row_bytes(), kMostRowsPerCall});
  return std::max(most, options_.rows_per_call);
}

double ModelEvaluator::measure_row() {
  const CallInput input = gather(probe_rows(0, rows_per_call()));
  return seconds_per_row([&](std::size_t, std::size_t) { return run(input); }, rows_per_call());
}

}  // namespace modattr
