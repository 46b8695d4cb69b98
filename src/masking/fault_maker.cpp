#include "modattr/masking/fault_maker.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "modattr/data/array_tensor.h"
#include "token_faults.h"

namespace modattr {
namespace {

/// Numbers of one input over a sample.
struct NumberSpread {
  double low = 0.0;
  double high = 0.0;
  /// Standard deviation: of every column by itself, [columns], or of all numbers, [1].
  at::Tensor deviations;

  double middle() const { return (low + high) / 2.0; }
};

/// Standard normal numbers in the shape of `like` (Box, Muller 1958).
at::Tensor normal_numbers(const at::Tensor& like, RandomStream& stream) {
  at::Tensor numbers = at::empty(like.sizes(), at::TensorOptions().dtype(at::kDouble));
  auto* const values = numbers.data_ptr<double>();
  for (std::int64_t place = 0; place < numbers.numel(); place += 2) {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - stream.uniform()));
    const double angle = 2.0 * std::numbers::pi * stream.uniform();
    values[place] = radius * std::cos(angle);
    if (place + 1 < numbers.numel()) values[place + 1] = radius * std::sin(angle);
  }
  return numbers;
}

/// Blurs the last two dimensions; the border is repeated.
at::Tensor gaussian_blur(const at::Tensor& picture, double sigma) {
  const std::int64_t height = picture.size(-2);
  const std::int64_t width = picture.size(-1);
  const auto radius = static_cast<std::int64_t>(std::ceil(3.0 * sigma));
  at::Tensor window = at::arange(-radius, radius + 1, at::kDouble);
  window = (-(window * window) / (2.0 * sigma * sigma)).exp();
  window = window / window.sum();
  at::Tensor rows = picture.reshape({-1, 1, height, width});
  rows = at::conv2d(at::replication_pad2d(rows, {radius, radius, 0, 0}), window.reshape({1, 1, 1, -1}));
  rows = at::conv2d(at::replication_pad2d(rows, {0, 0, radius, radius}), window.reshape({1, 1, -1, 1}));
  return rows.reshape(picture.sizes());
}

/// Faults of data made of numbers.
class NumberFaults final : public FaultMaker {
 public:
  NumberFaults(FaultMakerOptions options, const Dataset& dataset, std::vector<SegmentedInput> inputs)
      : options_(std::move(options)), dataset_(dataset), inputs_(std::move(inputs)) {
    for (const SegmentedInput& input : inputs_) spreads_.push_back(spread_of(input));
  }

  std::string why_not(const Fault& fault) const override {
    const Array& array = dataset_.input(inputs_.front().input);
    const bool is_picture = array.shape.size() >= 3;
    if ((fault.kind == "blur" || fault.kind == "occlusion") && !is_picture) {
      return "its data has no height and width: " + describe(array);
    }
    if (fault.kind == "channel" && (array.shape.size() != 4 || array.shape[1] < 2)) {
      return "its data has no channels: " + describe(array);
    }
    return {};
  }

  std::vector<std::int64_t> tokens(std::uint32_t) const override { return {}; }
  std::vector<std::int64_t> tokens(const FaultDraw&) const override { return {}; }

  at::Tensor make(std::size_t input, const FaultDraw& draw) const override {
    const auto found = std::ranges::find(inputs_, input, &SegmentedInput::input);
    const auto place = static_cast<std::size_t>(found - inputs_.begin());
    at::Tensor data = dataset_.gather(input, std::span(&draw.example, 1));
    if (data.scalar_type() == at::kBool) return data;
    // Which parts of a sound are filled up is no fault of it.
    if (options_.kind == "audio" && place > 0 && dataset_.input(input).name.find("mask") != std::string::npos) {
      return data;
    }
    RandomStream stream = draw.stream;
    const double strength = strength_of(draw.fault, options_.kind);
    at::Tensor numbers = own_numbers(data, *found);
    numbers = options_.kind == "image"
                  ? damaged_picture(numbers, spreads_[place], draw.fault, strength, stream)
                  : damaged_numbers(numbers, spreads_[place], draw.fault, strength, stream, lost_axis(input, numbers));
    if (!c10::isFloatingType(data.scalar_type())) numbers = numbers.round();
    if (data.scalar_type() == at::kByte) numbers = numbers.clamp(0.0, 255.0);
    return with_own_numbers(data, *found, numbers.to(data.scalar_type()));
  }

 private:
  /// The modality's part of a row, in double precision.
  static at::Tensor own_numbers(const at::Tensor& data, const SegmentedInput& input) {
    if (input.columns.empty()) return data.to(at::kDouble);
    std::vector<at::Tensor> parts;
    for (const auto& range : input.columns) parts.push_back(data.narrow(1, range[0], range[1] - range[0]));
    return at::cat(parts, 1).to(at::kDouble);
  }
  static at::Tensor with_own_numbers(const at::Tensor& data, const SegmentedInput& input, const at::Tensor& numbers) {
    if (input.columns.empty()) return numbers;
    at::Tensor result = data.clone();
    std::int64_t first = 0;
    for (const auto& range : input.columns) {
      const std::int64_t count = range[1] - range[0];
      result.narrow(1, range[0], count).copy_(numbers.narrow(1, first, count));
      first += count;
    }
    return result;
  }

  NumberSpread spread_of(const SegmentedInput& input) const {
    const at::Tensor data = dataset_.gather(input.input, options_.sample);
    // Bytes of pictures have a range and no more is asked of it.
    if (options_.kind == "image" && data.scalar_type() == at::kByte && data.numel() > 0) {
      return {.low = data.min().item<double>(), .high = data.max().item<double>(), .deviations = {}};
    }
    const at::Tensor rows = own_numbers(data, input);
    if (rows.numel() == 0) return {.low = 0.0, .high = 0.0, .deviations = at::zeros({1}, at::kDouble)};
    const at::Tensor finite = at::where(rows.isfinite(), rows, at::zeros({}, at::kDouble));
    const bool by_column = options_.kind == "columns" && rows.dim() == 2;
    return {
        .low = finite.min().item<double>(),
        .high = finite.max().item<double>(),
        .deviations = by_column ? finite.std(0, false) : (finite - finite.mean()).square().mean().sqrt().reshape({1})};
  }

  /// The axis that a stretch is lost of: time, where it is known, else the last.
  std::int64_t lost_axis(std::size_t input, const at::Tensor& numbers) const {
    const std::optional<TimeAxis> time = dataset_.time_axis(input);
    return time ? static_cast<std::int64_t>(time->axis) + 1 : numbers.dim() - 1;
  }

  static at::Tensor damaged_numbers(const at::Tensor& numbers, const NumberSpread& spread, const Fault& fault,
                                    double strength, RandomStream& stream, std::int64_t lost_axis) {
    if (fault.kind == "noise") return numbers + strength * spread.deviations * normal_numbers(numbers, stream);
    if (fault.kind == "zero") return at::zeros_like(numbers);
    if (fault.kind == "scale") return numbers * strength;
    const std::int64_t length = numbers.size(lost_axis);
    const auto wanted = static_cast<std::int64_t>(std::llround(strength * static_cast<double>(length)));
    const std::int64_t count = std::clamp<std::int64_t>(wanted, std::min<std::int64_t>(length, 1), length);
    at::Tensor result = numbers.clone();
    const std::int64_t first = stream.below(static_cast<std::uint32_t>(length - count + 1));
    result.narrow(lost_axis, first, count).zero_();
    return result;
  }

  static at::Tensor damaged_picture(const at::Tensor& picture, const NumberSpread& spread, const Fault& fault,
                                    double strength, RandomStream& stream) {
    if (fault.kind == "noise") {
      const double deviation = strength * (spread.high - spread.low);
      return (picture + deviation * normal_numbers(picture, stream)).clamp(spread.low, spread.high);
    }
    const std::int64_t height = picture.size(-2);
    const std::int64_t width = picture.size(-1);
    if (fault.kind == "blur") {
      return gaussian_blur(picture, strength * static_cast<double>(std::max(height, width)));
    }
    at::Tensor result = picture.clone();
    if (fault.kind == "blank") return result.fill_(spread.middle());
    if (fault.kind == "channel") {
      result.select(1, stream.below(static_cast<std::uint32_t>(picture.size(1)))).fill_(spread.low);
      return result;
    }
    // From the left, the right, the top or the bottom.
    const std::uint32_t side = stream.below(4);
    const std::int64_t axis = side < 2 ? -1 : -2;
    const std::int64_t length = axis == -1 ? width : height;
    const auto wanted = static_cast<std::int64_t>(std::llround(strength * static_cast<double>(length)));
    const std::int64_t count = std::clamp<std::int64_t>(wanted, 1, length);
    result.narrow(axis, side % 2 == 0 ? 0 : length - count, count).fill_(spread.middle());
    return result;
  }

  FaultMakerOptions options_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  /// [inputs]
  std::vector<NumberSpread> spreads_;
};

}  // namespace

std::unique_ptr<FaultMaker> make_fault_maker(FaultMakerOptions options, const Dataset& dataset,
                                             std::span<const SegmentedInput> inputs) {
  std::vector<SegmentedInput> own(inputs.begin(), inputs.end());
  if (options.kind == "tokens") return make_token_faults(std::move(options), dataset, std::move(own));
  return std::make_unique<NumberFaults>(std::move(options), dataset, std::move(own));
}

}  // namespace modattr
