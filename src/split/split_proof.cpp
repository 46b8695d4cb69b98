#include "split_proof.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

using Tensors = std::vector<at::Tensor>;

Tensors select_all(std::span<const at::Tensor> tensors, const at::Tensor& rows) {
  Tensors result;
  for (const at::Tensor& tensor : tensors) result.push_back(tensor.index_select(0, rows));
  return result;
}

at::Tensor row_numbers(const std::vector<std::int64_t>& rows) {
  return at::tensor(rows, at::kLong);
}

/// All rows of a probe batch in an order that differs from modality to modality, and from the batch's own.
at::Tensor shuffled_rows(std::int64_t row_count, std::size_t modality) {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < row_count; ++row) {
    rows.push_back((row_count - 1 - row + static_cast<std::int64_t>(modality)) % row_count);
  }
  return row_numbers(rows);
}

Tensors rows_from(std::span<const at::Tensor> tensors, std::int64_t first, std::int64_t row_count) {
  Tensors result;
  for (const at::Tensor& tensor : tensors) result.push_back(tensor.narrow(0, first, row_count));
  return result;
}

/// Features of all rows, `part_rows` of them at a time.
Tensors encode_parts(const RowEncoder& encode, std::size_t modality, const Tensors& inputs, std::int64_t part_rows) {
  std::vector<Tensors> features;
  for (std::int64_t first = 0; first < inputs.front().size(0); first += part_rows) {
    Tensors encoded = encode(modality, rows_from(inputs, first, part_rows));
    features.resize(encoded.size());
    for (std::size_t feature = 0; feature < encoded.size(); ++feature) {
      features[feature].push_back(std::move(encoded[feature]));
    }
  }
  Tensors result;
  for (const Tensors& pieces : features) {
    // Features whose shape depends on the rows cannot be kept.
    for (const at::Tensor& part : pieces) {
      if (part.sizes().slice(1) != pieces.front().sizes().slice(1)) {
        throw ModelError("the shape of an encoder's features depends on the rows of its batch");
      }
    }
    result.push_back(at::cat(pieces, 0));
  }
  return result;
}

/// What stands in the other rows of a batch when one row must not notice them.
enum class Disturbance {
  kLowest,
  kHighest,
  /// The row itself: some models count their like.
  kTwin,
  /// Numbers from the lowest on: what has a meaning of its own often has a low one.
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
  // Not every version finds the least of half-precision numbers.
  const bool is_half = data.scalar_type() == at::kHalf || data.scalar_type() == at::kBFloat16;
  const auto [low, high] = at::aminmax(is_half ? data.to(at::kFloat) : data);
  NumberRange range{low.to(at::kDouble).item<double>(), high.to(at::kDouble).item<double>()};
  // What indexes rows of a table may be the first one.
  if (!data.is_floating_point()) range.low = std::min(range.low, 0.0);
  return range;
}

/// Numbers of a row between the lowest and the highest ones, [numbers].
at::Tensor made_row(const at::Tensor& like, const NumberRange& range, std::int64_t row, Disturbance disturbance) {
  const std::int64_t count = like.numel();
  const at::Tensor places = at::arange(row * count, (row + 1) * count, at::kLong);
  // Steps that meet no pattern of the data.
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

/// The tensor with every second row, from `first` on, filled. Integers may be indices: they stay in the range of the
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

/// Throws ModelError when a row's features change with what stands in the rows around it: sums over a batch, maxima,
/// quantisation by range, a row that is looked up by its place. `few`: inputs of some rows, whose features are
/// `expected`.
void prove_rows_apart(const RowEncoder& encode, std::size_t modality, const Tensors& few, const Tensors& expected,
                      const Tensors& data, at::Device device) {
  const std::int64_t few_rows = few.front().size(0);
  const bool plain = std::ranges::none_of(few, [](const at::Tensor& input) { return input.is_complex(); });
  const bool any_float = std::ranges::any_of(few, [](const at::Tensor& input) { return input.is_floating_point(); });
  if (!plain || few.front().numel() == 0) return;
  std::vector<Disturbance> disturbances = {Disturbance::kLowest, Disturbance::kHighest};
  // A number made an index by the model must stay in range on a GPU: its failures cannot be caught.
  if (any_float && device.is_cpu()) {
    disturbances.insert(disturbances.end(), {Disturbance::kLarge, Disturbance::kLargeNegative, Disturbance::kNotANumber,
                                             Disturbance::kInfinity, Disturbance::kMinusInfinity});
  }
  std::vector<NumberRange> ranges;
  for (const at::Tensor& input : data) ranges.push_back(range_of(input));
  const auto prove_beside = [&](const Tensors& rows, const Tensors& answers, Disturbance disturbance,
                                std::int64_t first) {
    Tensors changed;
    for (std::size_t input = 0; input < rows.size(); ++input) {
      changed.push_back(disturbed(rows[input], ranges[input], first, disturbance));
    }
    Tensors features;
    try {
      features = encode(modality, changed);
    } catch (const ModelError&) {
      return;  // No rows like those can occur.
    }
    std::vector<std::int64_t> untouched;
    for (std::int64_t row = 1 - first; row < few_rows; row += 2) untouched.push_back(row);
    for (std::size_t feature = 0; feature < features.size(); ++feature) {
      const at::Tensor places = row_numbers(untouched).to(answers[feature].device());
      if (!nearly_equal(features[feature].index_select(0, places), answers[feature].index_select(0, places))) {
        throw ModelError("an encoder's answer for a row depends on the other rows of its batch");
      }
    }
  };
  for (const Disturbance disturbance : disturbances) {
    for (const std::int64_t first : {0, 1}) prove_beside(few, expected, disturbance, first);
  }
  prove_beside(few, expected, Disturbance::kTwin, 1);
  prove_beside(few, expected, Disturbance::kCounted, 1);
  prove_beside(few, expected, Disturbance::kMixed, 0);
  // A row that lacks its own data may take another one's.
  Tensors made;
  for (std::size_t input = 0; input < few.size(); ++input) {
    const at::Tensor half = disturbed(few[input], ranges[input], 0, Disturbance::kMixed);
    made.push_back(disturbed(half, ranges[input], 1, Disturbance::kMixed));
  }
  Tensors expected_of_made;
  try {
    expected_of_made = encode(modality, made);
  } catch (const ModelError&) {
    return;
  }
  prove_beside(made, expected_of_made, Disturbance::kHighest, 1);
  prove_beside(made, expected_of_made, Disturbance::kCounted, 0);
}

}  // namespace

Tensors spread_rows(std::span<const at::Tensor> tensors, std::int64_t most_rows) {
  const std::int64_t row_count = tensors.front().size(0);
  const std::int64_t count = std::min(row_count, most_rows) / kFewestProbeRows * kFewestProbeRows;
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < count; ++row) rows.push_back(row * row_count / count);
  return select_all(tensors, row_numbers(rows));
}

Tensors narrow_all(std::span<const at::Tensor> tensors, std::int64_t row_count) {
  return rows_from(tensors, 0, row_count);
}

bool nearly_equal(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return false;
  if (a.is_complex() && b.is_complex()) return nearly_equal(at::view_as_real(a), at::view_as_real(b));
  if (!a.is_floating_point() && !a.is_complex()) return a.equal(b);
  const double tolerance = a.scalar_type() == at::kHalf || a.scalar_type() == at::kBFloat16 ? 2e-2 : 1e-4;
  const at::Tensor wide = b.to(at::kDouble);
  const double scale = wide.numel() == 0 ? 1.0 : std::max(1e-3, wide.nan_to_num(0, 0, 0).abs().max().item<double>());
  return a.to(at::kDouble).allclose(wide, 0.0, tolerance * scale, /*equal_nan=*/true);
}

Tensors inputs_of(const std::vector<ModelInput>& inputs, std::span<const at::Tensor> tensors, std::size_t modality) {
  Tensors selected;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    if (inputs[input].modality == modality) selected.push_back(tensors[input]);
  }
  return selected;
}

Tensors enough_rows(std::span<const at::Tensor> probe) {
  const std::int64_t row_count = probe.front().size(0);
  if (row_count >= kFewestProbeRows) return {probe.begin(), probe.end()};
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < kFewestProbeRows; ++row) rows.push_back(row % row_count);
  return select_all(probe, row_numbers(rows));
}

void prove_split(const TorchSplitOptions& options, const SplitModel& split, const RowEncoder& encode,
                 const std::vector<bool>& is_known, std::span<const at::Tensor> probe,
                 std::span<const at::Tensor> data) {
  // Few numbers of rows, as kernels are made anew for each.
  constexpr std::int64_t kFewRows = kFewestProbeRows / 2;
  constexpr std::int64_t kMoreRows = kFewestProbeRows;
  const std::int64_t row_count = probe.front().size(0);
  std::vector<at::Tensor> mixed(probe.begin(), probe.end());
  std::vector<at::Tensor> features;
  for (std::size_t modality = 0; modality < options.modality_count; ++modality) {
    const Tensors inputs = inputs_of(options.inputs, probe, modality);
    if (inputs.empty()) continue;
    const at::Tensor rows = shuffled_rows(row_count, modality);
    for (std::size_t input = 0; input < options.inputs.size(); ++input) {
      if (options.inputs[input].modality == modality) mixed[input] = probe[input].index_select(0, rows);
    }
    if (split.feature_count(modality) == 0) continue;
    // Among other rows, in other places, in batches of another size.
    const Tensors encoded = encode_parts(encode, modality, inputs, kFewRows);
    Tensors gathered;
    for (const at::Tensor& feature : encoded) gathered.push_back(feature.index_select(0, rows.to(feature.device())));
    features.insert(features.end(), gathered.begin(),
                    gathered.begin() + static_cast<std::ptrdiff_t>(split.feature_count(modality)));
    if (is_known[modality]) continue;
    const Tensors encoded_shuffled = encode_parts(encode, modality, select_all(inputs, rows), kMoreRows);
    for (std::size_t feature = 0; feature < gathered.size(); ++feature) {
      if (!nearly_equal(gathered[feature], encoded_shuffled[feature])) {
        throw ModelError("an encoder's answer for a row depends on the other rows of its batch");
      }
    }
    prove_rows_apart(encode, modality, narrow_all(inputs, kFewRows), narrow_all(encoded, kFewRows),
                     inputs_of(options.inputs, data, modality), options.device);
  }
  Tensors raw;
  for (const std::size_t input : split.raw_inputs()) raw.push_back(mixed[input]);
  // All at once: another number of rows than those that shapes were settled on.
  if (!nearly_equal(split.fuse(features, raw), options.whole(mixed))) {
    throw ModelError("its parts do not answer like the whole");
  }
}

}  // namespace modattr
