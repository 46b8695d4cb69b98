#include "modattr/value/games/row_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include <ATen/Functions.h>

#include "modattr/core/vector_clones.h"

namespace modattr {
namespace {

/// Rows of so many numbers are compared number by number.
constexpr std::int64_t kMostPlainNumbers = 256;
constexpr std::int64_t kMostChannels = 8;
constexpr std::size_t kStretchCount = 16;

/// Numbers of one channel with up to two axes, the last one fastest.
struct Channel {
  std::span<const double> numbers;
  std::size_t height = 1;
  std::size_t width = 1;
};

// Sums in lanes, so that none waits for itself; their order is the same for every width of vectors.
constexpr std::size_t kLanes = 8;

double sum_of(const double (&lanes)[kLanes]) {
  double sum = 0.0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

struct Range {
  double sum = 0.0;
  double low = 0.0;
  double high = 0.0;
};

MODATTR_VECTOR_CLONES
Range range_of(const double* numbers, std::size_t count) {
  double sums[kLanes] = {};
  double lows[kLanes];
  double highs[kLanes];
  std::fill(std::begin(lows), std::end(lows), numbers[0]);
  std::fill(std::begin(highs), std::end(highs), numbers[0]);
  const auto add = [&](std::size_t lane, double number) {
    sums[lane] += number;
    lows[lane] = number < lows[lane] ? number : lows[lane];
    highs[lane] = number > highs[lane] ? number : highs[lane];
  };
  const std::size_t whole = count / kLanes * kLanes;
  for (std::size_t first = 0; first < whole; first += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) add(lane, numbers[first + lane]);
  }
  for (std::size_t place = whole; place < count; ++place) add(place - whole, numbers[place]);
  return {.sum = sum_of(sums), .low = std::ranges::min(lows), .high = std::ranges::max(highs)};
}

MODATTR_VECTOR_CLONES
double squared_deviations(const double* numbers, std::size_t count, double mean) {
  double sums[kLanes] = {};
  const std::size_t whole = count / kLanes * kLanes;
  for (std::size_t first = 0; first < whole; first += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double difference = numbers[first + lane] - mean;
      sums[lane] += difference * difference;
    }
  }
  for (std::size_t place = whole; place < count; ++place) {
    const double difference = numbers[place] - mean;
    sums[place - whole] += difference * difference;
  }
  return sum_of(sums);
}

/// Sum of |numbers[i + step] - numbers[i]|.
MODATTR_VECTOR_CLONES
double absolute_differences(const double* numbers, std::size_t step, std::size_t count) {
  double sums[kLanes] = {};
  const std::size_t whole = count / kLanes * kLanes;
  for (std::size_t first = 0; first < whole; first += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += std::abs(numbers[first + lane + step] - numbers[first + lane]);
    }
  }
  for (std::size_t place = whole; place < count; ++place) {
    sums[place - whole] += std::abs(numbers[place + step] - numbers[place]);
  }
  return sum_of(sums);
}

double mean_difference(const Channel& channel, std::size_t step, std::size_t height, std::size_t width) {
  if (height == 0 || width == 0) return 0.0;
  double sum = 0.0;
  for (std::size_t row = 0; row < height; ++row) {
    sum += absolute_differences(channel.numbers.data() + row * channel.width, step, width);
  }
  return sum / static_cast<double>(height * width);
}

/// Whether all numbers are 0, 1, ... or 255.
MODATTR_VECTOR_CLONES
bool are_bytes(const double* numbers, std::size_t count) {
  bool are_bytes = true;
  for (std::size_t place = 0; place < count; ++place) {
    const double number = numbers[place];
    const double inside = number >= 0.0 && number <= 255.0 ? number : 0.0;
    are_bytes &= static_cast<double>(static_cast<int>(inside)) == number;
  }
  return are_bytes;
}

/// How often each of the numbers 0 to 255 occurs; empty where there are others.
std::vector<std::size_t> byte_counts(std::span<const double> numbers) {
  if (!are_bytes(numbers.data(), numbers.size())) return {};
  std::vector<std::size_t> counts(256);
  for (const double number : numbers) ++counts[static_cast<std::size_t>(number)];
  return counts;
}

double commonest_share(std::span<const double> numbers) {
  // Pictures of bytes need no sorting.
  if (const std::vector<std::size_t> counts = byte_counts(numbers); !counts.empty()) {
    return static_cast<double>(std::ranges::max(counts)) / static_cast<double>(numbers.size());
  }
  std::vector<double> sorted(numbers.begin(), numbers.end());
  std::ranges::sort(sorted);
  std::size_t longest = 0;
  for (std::size_t first = 0; first < sorted.size();) {
    std::size_t end = first + 1;
    while (end < sorted.size() && sorted[end] == sorted[first]) ++end;
    longest = std::max(longest, end - first);
    first = end;
  }
  return static_cast<double>(longest) / static_cast<double>(sorted.size());
}

void add_statistics(const Channel& channel, std::vector<float>& values) {
  const auto count = static_cast<double>(channel.numbers.size());
  const auto [sum, low, high] = range_of(channel.numbers.data(), channel.numbers.size());
  const double mean = sum / count;
  const double squares = squared_deviations(channel.numbers.data(), channel.numbers.size(), mean);
  const auto add = [&](double value) { values.push_back(static_cast<float>(value)); };
  add(mean);
  add(std::sqrt(squares / count));
  add(low);
  add(high);
  add(mean_difference(channel, 1, channel.height, channel.width - 1));
  if (channel.height > 1) {
    add(mean_difference(channel, channel.width, channel.height - 1, channel.width));
  } else {
    for (std::size_t stretch = 0; stretch < kStretchCount; ++stretch) {
      const std::size_t first = channel.width * stretch / kStretchCount;
      const std::size_t end = std::max(channel.width * (stretch + 1) / kStretchCount, first + 1);
      double part = 0.0;
      for (std::size_t place = first; place < end; ++place) part += channel.numbers[place];
      add(part / static_cast<double>(end - first));
    }
  }
  add(commonest_share(channel.numbers));
}

/// Channels of a row of this shape: of a picture its colours, of a sound its tracks.
std::vector<Channel> channels_of(std::span<const double> numbers, at::IntArrayRef shape) {
  const bool has_channels = shape.size() >= 2 && shape[0] <= kMostChannels;
  const std::size_t channel_count = has_channels ? static_cast<std::size_t>(shape[0]) : 1;
  const std::size_t size = numbers.size() / channel_count;
  const bool has_height = shape.size() >= (has_channels ? 3U : 2U);
  const std::size_t width = has_height ? static_cast<std::size_t>(shape.back()) : size;
  std::vector<Channel> channels;
  for (std::size_t channel = 0; channel < channel_count; ++channel) {
    channels.push_back({numbers.subspan(channel * size, size), size / width, width});
  }
  return channels;
}

/// The rows with one more number each, where there is one.
FloatRows with_column(const FloatRows& rows, const at::Tensor& column) {
  if (!column.defined()) return rows;
  FloatRows last{.width = 1, .values = {}};
  for (std::int64_t row = 0; row < column.numel(); ++row) {
    last.values.push_back(static_cast<float>(column.data_ptr<double>()[row]));
  }
  return joined_columns(rows, last);
}

}  // namespace

FloatRows row_statistics(const at::Tensor& data) {
  FloatRows rows;
  if (data.numel() == 0) return rows;
  const auto row_count = static_cast<std::size_t>(data.size(0));
  const at::Tensor raw = data.to(at::kDouble);
  const at::Tensor wide =
      (data.is_floating_point() ? at::where(raw.isfinite(), raw, at::zeros({}, at::kDouble)) : raw).contiguous();
  // Of numbers that may be missing, how many are, in the last column.
  at::Tensor missing;
  if (data.is_floating_point()) {
    missing = raw.isfinite().logical_not().reshape({data.size(0), -1}).to(at::kDouble).mean(1).contiguous();
  }
  const std::size_t size = static_cast<std::size_t>(wide.numel()) / row_count;
  const std::span<const double> numbers(wide.data_ptr<double>(), static_cast<std::size_t>(wide.numel()));
  const at::IntArrayRef shape = wide.sizes().slice(1);
  if (shape.size() <= 1 && static_cast<std::int64_t>(size) <= kMostPlainNumbers) {
    rows.values.assign(numbers.begin(), numbers.end());
    rows.width = size;
    return with_column(rows, missing);
  }
  for (std::size_t row = 0; row < row_count; ++row) {
    for (const Channel& channel : channels_of(numbers.subspan(row * size, size), shape)) {
      add_statistics(channel, rows.values);
    }
  }
  rows.width = rows.values.size() / row_count;
  return with_column(rows, missing);
}

FloatRows joined_columns(const FloatRows& left, const FloatRows& right) {
  if (left.width == 0) return right;
  if (right.width == 0) return left;
  FloatRows joined{.width = left.width + right.width, .values = {}};
  for (std::size_t row = 0; row < left.count(); ++row) {
    const std::span<const float> first = left.row(row);
    const std::span<const float> second = right.row(row);
    joined.values.insert(joined.values.end(), first.begin(), first.end());
    joined.values.insert(joined.values.end(), second.begin(), second.end());
  }
  return joined;
}

}  // namespace modattr
