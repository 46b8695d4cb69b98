#include "row_independence.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "modattr/core/error.h"
#include "probe_rows.h"

namespace modattr {
namespace {

using Tensors = std::vector<at::Tensor>;

/// What is put into the other rows of a batch, which must not change what an encoder gives for a row.
enum class Disturbance {
  kLowest,
  kHighest,
  /// The row itself: some models count equal rows.
  kTwin,
  /// Numbers from the lowest on: special ones, such as the ids of padding and unknown words, are often low.
  kCounted,
  /// Numbers and 0, which often stands for what is missing.
  kMixed,
  kLarge,
  kLargeNegative,
  kNotANumber,
  kInfinity,
  kMinusInfinity
};

/// The smallest and the largest number of a tensor.
struct NumberRange {
  double low = 0.0;
  double high = 0.0;
};

NumberRange range_of(const at::Tensor& data) {
  if (data.scalar_type() == at::kBool) return {0.0, 1.0};
  // Not every version of libtorch finds the lowest of half-precision numbers.
  const bool is_half = data.scalar_type() == at::kHalf || data.scalar_type() == at::kBFloat16;
  const auto [low, high] = at::aminmax(is_half ? data.to(at::kFloat) : data);
  NumberRange range{low.to(at::kDouble).item<double>(), high.to(at::kDouble).item<double>()};
  // Integers may be indices, of which the first one is valid.
  if (!data.is_floating_point()) range.low = std::min(range.low, 0.0);
  return range;
}

/// A row of numbers between the lowest and the highest ones, in the shape of `like`.
at::Tensor made_row(const at::Tensor& like, const NumberRange& range, std::int64_t row, Disturbance disturbance) {
  const std::int64_t count = like.numel();
  const at::Tensor places = at::arange(row * count, (row + 1) * count, at::kLong);
  // Steps that follow no pattern that data may have.
  const at::Tensor steps = disturbance == Disturbance::kCounted ? places : places * 7919 + (places * places) % 101;
  const double width = range.high - range.low;
  at::Tensor numbers;
  if (like.is_floating_point()) {
    numbers = steps.remainder(17).to(at::kDouble) / 16.0 * width + range.low;
  } else {
    numbers = steps.remainder(static_cast<std::int64_t>(std::min(width, 1e15)) + 1).to(at::kDouble) + range.low;
  }
  if (disturbance == Disturbance::kMixed) {
    numbers = numbers.masked_fill(steps.remainder(3).eq(0), 0.0);
  }
  return numbers.to(like.scalar_type()).view(like.sizes());
}

/// The tensor with every second row, from `first` on, replaced. Integers may be indices: they stay in the range of the
/// data.
at::Tensor disturbed(const at::Tensor& tensor, const NumberRange& range, std::int64_t first, Disturbance disturbance) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  double value = disturbance == Disturbance::kLowest ? range.low : range.high;
  if (tensor.is_floating_point()) {
    if (disturbance == Disturbance::kNotANumber) value = std::numeric_limits<double>::quiet_NaN();
    if (disturbance == Disturbance::kInfinity) value = kInfinite;
    if (disturbance == Disturbance::kMinusInfinity) value = -kInfinite;
  }
  at::Tensor result = tensor.clone();
  for (std::int64_t row = first; row < result.size(0); row += 2) {
    if (disturbance == Disturbance::kTwin) {
      result.select(0, row).copy_(tensor.select(0, 1 - first));
    } else if (disturbance == Disturbance::kCounted || disturbance == Disturbance::kMixed) {
      const at::Tensor like = result.select(0, row);
      result.select(0, row).copy_(made_row(like, range, row, disturbance));
    } else if (tensor.is_floating_point() && disturbance == Disturbance::kLarge) {
      result.select(0, row).mul_(1e4);
    } else if (tensor.is_floating_point() && disturbance == Disturbance::kLargeNegative) {
      result.select(0, row).mul_(-1e4);
    } else {
      result.select(0, row).fill_(value);
    }
  }
  return result;
}

class IndependenceTrial {
 public:
  IndependenceTrial(const RowFunction& encode, std::span<const at::Tensor> data) : encode_(encode) {
    for (const at::Tensor& input : data) ranges_.push_back(range_of(input));
  }

  /// Replaces every second row, from `first` on, and compares what the encoder gives for the others.
  void prove_beside(const EncodedProbe& rows, Disturbance disturbance, std::int64_t first) const {
    Tensors outputs;
    try {
      outputs = encode_(replaced(rows.inputs, disturbance, first));
    } catch (const ModelError&) {
      return;  // No rows like those can occur.
    }
    const std::int64_t row_count = rows.inputs.front().size(0);
    for (std::size_t output = 0; output < outputs.size(); ++output) {
      const at::Tensor untouched = at::arange(1 - first, row_count, 2, at::kLong).to(rows.outputs[output].device());
      if (!nearly_equal(outputs[output].index_select(0, untouched), rows.outputs[output].index_select(0, untouched))) {
        throw ModelError("an encoder's output for a row depends on the other rows of its batch");
      }
    }
  }

  /// The same for made-up rows with many zeros, which often stand for missing data: a row without data of its own may
  /// take another one's.
  void prove_with_gaps(const Tensors& inputs) const {
    EncodedProbe made;
    made.inputs = replaced(replaced(inputs, Disturbance::kMixed, 0), Disturbance::kMixed, 1);
    try {
      made.outputs = encode_(made.inputs);
    } catch (const ModelError&) {
      return;
    }
    prove_beside(made, Disturbance::kHighest, 1);
    prove_beside(made, Disturbance::kCounted, 0);
  }

 private:
  Tensors replaced(const Tensors& inputs, Disturbance disturbance, std::int64_t first) const {
    Tensors changed;
    for (std::size_t input = 0; input < inputs.size(); ++input) {
      changed.push_back(disturbed(inputs[input], ranges_[input], first, disturbance));
    }
    return changed;
  }

  const RowFunction& encode_;
  std::vector<NumberRange> ranges_;
};

}  // namespace

void prove_batch_independence(const RowFunction& encode, const EncodedProbe& rows, std::span<const at::Tensor> data,
                              at::Device device) {
  const bool any_complex = std::ranges::any_of(rows.inputs, [](const at::Tensor& input) { return input.is_complex(); });
  if (any_complex || rows.inputs.front().numel() == 0) return;
  const bool any_float =
      std::ranges::any_of(rows.inputs, [](const at::Tensor& input) { return input.is_floating_point(); });
  std::vector<Disturbance> disturbances = {Disturbance::kLowest, Disturbance::kHighest};
  // A number made an index by the model must stay in range on a GPU: its failures cannot be caught.
  if (any_float && device.is_cpu()) {
    disturbances.insert(disturbances.end(), {Disturbance::kLarge, Disturbance::kLargeNegative, Disturbance::kNotANumber,
                                             Disturbance::kInfinity, Disturbance::kMinusInfinity});
  }
  const IndependenceTrial trial(encode, data);
  for (const Disturbance disturbance : disturbances) {
    for (const std::int64_t first : {0, 1}) trial.prove_beside(rows, disturbance, first);
  }
  trial.prove_beside(rows, Disturbance::kTwin, 1);
  trial.prove_beside(rows, Disturbance::kCounted, 1);
  trial.prove_beside(rows, Disturbance::kMixed, 0);
  trial.prove_with_gaps(rows.inputs);
}

}  // namespace modattr
