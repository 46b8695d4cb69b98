#include "modattr/value/call_size.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <vector>

#include <ATen/Functions.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

using Clock = std::chrono::steady_clock;

/// Rows 0 ... row_count - 1 in calls of `call_size` rows.
at::Tensor outputs_of(const ProbeCall& call, std::size_t row_count, std::size_t call_size) {
  std::vector<at::Tensor> parts;
  for (std::size_t first = 0; first < row_count; first += call_size) {
    parts.push_back(call(first, call_size));
    if (parts.back().sizes() != parts.front().sizes()) throw ModelError("the output's shape depends on its rows");
  }
  return at::cat(parts, 0).narrow(0, 0, static_cast<std::int64_t>(row_count));
}

/// Whether `equal` holds for the outputs of the two sizes; false when a call fails.
template <typename Equal>
bool agree(const ProbeCall& call, std::size_t reference, std::size_t row_count, const Equal& equal) {
  const std::size_t rows = std::max(reference, row_count);
  try {
    const at::Tensor expected = outputs_of(call, rows, reference);
    const at::Tensor outputs = outputs_of(call, rows, row_count);
    return outputs.sizes() == expected.sizes() && equal(outputs, expected);
  } catch (const ModelError&) {
    return false;
  }
}

}  // namespace

double seconds_per_row(const ProbeCall& call, std::size_t row_count) {
  constexpr int kTrialCount = 3;
  double best = 0.0;
  for (int trial = 0; trial < kTrialCount; ++trial) {
    const auto start = Clock::now();
    call(0, row_count);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = trial == 0 ? seconds : std::min(best, seconds);
  }
  return best / static_cast<double>(row_count);
}

bool gives_same_bytes(const ProbeCall& call, std::size_t reference, std::size_t row_count) {
  return agree(call, reference, row_count, [](const at::Tensor& outputs, const at::Tensor& expected) {
    return outputs.allclose(expected, 0.0, 0.0, /*equal_nan=*/true);
  });
}

bool gives_same_answers(const ProbeCall& call, std::size_t reference, std::size_t row_count) {
  return agree(call, reference, row_count, [](const at::Tensor& outputs, const at::Tensor& expected) {
    const double scale = std::max(1.0, expected.nan_to_num(0, 0, 0).abs().max().item<double>());
    return outputs.allclose(expected, 0.0, 1e-4 * scale, /*equal_nan=*/true);
  });
}

std::size_t fastest_call_size(const ProbeCall& call, std::size_t reference, std::size_t most) {
  constexpr double kLongCallSeconds = 0.02;
  constexpr double kWorthwhile = 0.95;
  std::size_t best = reference;
  try {
    double best_seconds = seconds_per_row(call, reference);
    for (std::size_t size = 2 * reference; size <= most; size *= 2) {
      if (best_seconds * static_cast<double>(size) > kLongCallSeconds) break;
      if (!gives_same_bytes(call, reference, size)) break;
      const double seconds = seconds_per_row(call, size);
      if (seconds > kWorthwhile * best_seconds) break;
      best = size;
      best_seconds = seconds;
    }
  } catch (const ModelError&) {
    // The run itself will meet the failure, and knows the example.
  }
  return best;
}

bool works(const std::function<std::size_t(std::size_t row_count)>& run, std::size_t row_count) {
  try {
    run(row_count);
    return true;
  } catch (const ModelError&) {
    return false;
  }
}

std::optional<std::size_t> working_row_count(const std::function<std::size_t(std::size_t row_count)>& run) {
  const std::initializer_list<std::size_t> usual = {1,  2,  3,  4,  5,  6,  7,  8,   10,  12, 16,
                                                    20, 24, 32, 48, 50, 64, 96, 100, 128, 256};
  const auto* const found = std::ranges::find_if(usual, [&](std::size_t row_count) { return works(run, row_count); });
  return found == usual.end() ? std::nullopt : std::optional(*found);
}

}  // namespace modattr
