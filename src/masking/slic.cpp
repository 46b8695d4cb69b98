#include "slic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace modattr {
namespace {

constexpr std::uint32_t kNoSegment = std::numeric_limits<std::uint32_t>::max();

/// Scales all values together to [0, 1].
std::vector<double> scaled(std::span<const double> values) {
  std::vector<double> result(values.begin(), values.end());
  for (double& value : result) value = std::isfinite(value) ? value : 0.0;
  const auto [smallest, largest] = std::ranges::minmax(result);
  const double range = largest - smallest;
  for (double& value : result) value = (value - smallest) / (range > 0.0 ? range : 1.0);
  return result;
}

/// sRGB to CIELAB, D65 and the observer of 2 degrees (CIE 15, IEC 61966-2-1).
std::array<double, 3> lab_of(std::array<double, 3> rgb) {
  for (double& part : rgb) part = part > 0.04045 ? std::pow((part + 0.055) / 1.055, 2.4) : part / 12.92;
  constexpr std::array<std::array<double, 3>, 3> kXyz = {
      {{0.412453, 0.357580, 0.180423}, {0.212671, 0.715160, 0.072169}, {0.019334, 0.119193, 0.950227}}};
  constexpr std::array<double, 3> kWhite = {0.95047, 1.0, 1.08883};
  std::array<double, 3> f{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double part = (kXyz[axis][0] * rgb[0] + kXyz[axis][1] * rgb[1] + kXyz[axis][2] * rgb[2]) / kWhite[axis];
    f[axis] = part > 0.008856 ? std::cbrt(part) : 7.787 * part + 16.0 / 116.0;
  }
  return {116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])};
}

/// A regular grid over the picture: where it begins, and how far its points are apart, per side.
struct Grid {
  std::array<std::size_t, 2> first{};
  std::array<std::size_t, 2> step{};
};

Grid grid_of(std::size_t height, std::size_t width, std::size_t point_count) {
  const std::array<double, 2> sides = {static_cast<double>(height), static_cast<double>(width)};
  if (sides[0] * sides[1] <= static_cast<double>(point_count)) return {{0, 0}, {1, 1}};
  std::array<double, 2> steps{};
  steps.fill(std::sqrt(sides[0] * sides[1] / static_cast<double>(point_count)));
  // A side that is shorter than a step has one point; the other side has all of them.
  const std::size_t shorter = height <= width ? 0 : 1;
  if (sides[shorter] < steps[shorter]) {
    steps[shorter] = sides[shorter];
    steps[1 - shorter] = sides[1 - shorter] / static_cast<double>(point_count);
  }
  Grid grid;
  for (std::size_t side = 0; side < 2; ++side) {
    grid.first[side] = static_cast<std::size_t>(std::floor(steps[side] / 2.0));
    grid.step[side] = std::max<std::size_t>(static_cast<std::size_t>(std::nearbyint(steps[side])), 1);
  }
  return grid;
}

/// k-means over colours and places.
class Clusters {
 public:
  Clusters(const SlicPicture& picture, const SlicOptions& options)
      : height_(picture.height),
        width_(picture.width),
        channel_count_(picture.channel_count),
        colors_(colors_of(picture, options.compactness)),
        grid_(grid_of(height_, width_, options.segment_count)) {
    const auto step = static_cast<double>(std::max(grid_.step[0], grid_.step[1]));
    place_weight_ = 1.0 / (step * step);
    for (std::size_t row = grid_.first[0]; row < height_; row += grid_.step[0]) {
      for (std::size_t column = grid_.first[1]; column < width_; column += grid_.step[1]) {
        centers_.push_back(static_cast<double>(row));
        centers_.push_back(static_cast<double>(column));
        centers_.insert(centers_.end(), channel_count_, 0.0);
      }
    }
  }

  std::size_t count() const noexcept { return centers_.size() / feature_count(); }

  std::vector<std::uint32_t> find() {
    std::vector<std::uint32_t> nearest(height_ * width_, 0);
    std::vector<double> distances(height_ * width_);
    constexpr int kRounds = 10;
    for (int round = 0; round < kRounds; ++round) {
      std::ranges::fill(distances, std::numeric_limits<double>::max());
      for (std::size_t cluster = 0; cluster < count(); ++cluster) claim(cluster, nearest, distances);
      move_centers(nearest);
    }
    return nearest;
  }

 private:
  std::size_t feature_count() const noexcept { return channel_count_ + 2; }

  static std::vector<double> colors_of(const SlicPicture& picture, double compactness) {
    const std::size_t pixel_count = picture.height * picture.width;
    const std::vector<double> values = scaled(picture.values);
    std::vector<double> colors(values.size());
    for (std::size_t pixel = 0; pixel < pixel_count; ++pixel) {
      double* const color = colors.data() + pixel * picture.channel_count;
      for (std::size_t channel = 0; channel < picture.channel_count; ++channel) {
        color[channel] = values[channel * pixel_count + pixel];
      }
      if (picture.channel_count == 3) {
        std::ranges::copy(lab_of({color[0], color[1], color[2]}), color);
      }
      for (std::size_t channel = 0; channel < picture.channel_count; ++channel) color[channel] /= compactness;
    }
    return colors;
  }

  /// Takes the pixels around a cluster's centre that it is nearer to than the clusters before it.
  void claim(std::size_t cluster, std::vector<std::uint32_t>& nearest, std::vector<double>& distances) const {
    const double* const center = centers_.data() + cluster * feature_count();
    const auto range = [](double middle, std::size_t step, std::size_t most) {
      const double reach = 2.0 * static_cast<double>(step);
      return std::array{static_cast<std::size_t>(std::max(middle - reach, 0.0)),
                        static_cast<std::size_t>(std::min(middle + reach + 1.0, static_cast<double>(most)))};
    };
    const auto [first_row, end_row] = range(center[0], grid_.step[0], height_);
    const auto [first_column, end_column] = range(center[1], grid_.step[1], width_);
    for (std::size_t row = first_row; row < end_row; ++row) {
      const double down = center[0] - static_cast<double>(row);
      for (std::size_t column = first_column; column < end_column; ++column) {
        const double right = center[1] - static_cast<double>(column);
        double distance = (down * down + right * right) * place_weight_;
        const std::size_t pixel = row * width_ + column;
        const double* const color = colors_.data() + pixel * channel_count_;
        for (std::size_t channel = 0; channel < channel_count_; ++channel) {
          const double difference = color[channel] - center[2 + channel];
          distance += difference * difference;
        }
        if (distance >= distances[pixel]) continue;
        distances[pixel] = distance;
        nearest[pixel] = static_cast<std::uint32_t>(cluster);
      }
    }
  }

  void move_centers(const std::vector<std::uint32_t>& nearest) {
    std::vector<double> sums(centers_.size(), 0.0);
    std::vector<double> counts(count(), 0.0);
    for (std::size_t pixel = 0; pixel < nearest.size(); ++pixel) {
      double* const sum = sums.data() + nearest[pixel] * feature_count();
      counts[nearest[pixel]] += 1.0;
      const std::size_t row = pixel / width_;
      sum[0] += static_cast<double>(row);
      sum[1] += static_cast<double>(pixel % width_);
      for (std::size_t channel = 0; channel < channel_count_; ++channel) {
        sum[2 + channel] += colors_[pixel * channel_count_ + channel];
      }
    }
    for (std::size_t place = 0; place < sums.size(); ++place) {
      const double pixels = counts[place / feature_count()];
      if (pixels > 0.0) centers_[place] = sums[place] / pixels;
    }
  }

  std::size_t height_;
  std::size_t width_;
  std::size_t channel_count_;
  /// [pixels, channels], divided by the compactness.
  std::vector<double> colors_;
  Grid grid_;
  double place_weight_ = 1.0;
  /// Row, column and colour of each cluster.
  std::vector<double> centers_;
};

/// Gives each connected part of at least `least` pixels a number of its own, and smaller ones that of a neighbour.
std::vector<std::uint32_t> connected(const std::vector<std::uint32_t>& clusters, std::size_t width, std::size_t least,
                                     std::size_t most) {
  const std::size_t height = clusters.size() / width;
  std::vector<std::uint32_t> segments(clusters.size(), kNoSegment);
  std::vector<std::size_t> part;
  std::uint32_t next = 0;
  for (std::size_t pixel = 0; pixel < clusters.size(); ++pixel) {
    if (segments[pixel] != kNoSegment) continue;
    part.assign(1, pixel);
    segments[pixel] = next;
    std::uint32_t neighbour = kNoSegment;
    const auto look = [&](std::size_t other) {
      if (part.size() >= most) return;
      if (segments[other] == kNoSegment && clusters[other] == clusters[pixel]) {
        segments[other] = next;
        part.push_back(other);
      } else if (segments[other] != kNoSegment && segments[other] != next) {
        neighbour = segments[other];
      }
    };
    for (std::size_t visited = 0; visited < part.size() && part.size() < most; ++visited) {
      const std::size_t here = part[visited];
      if (here % width + 1 < width) look(here + 1);
      if (here % width > 0) look(here - 1);
      if (here / width + 1 < height) look(here + width);
      if (here / width > 0) look(here - width);
    }
    if (part.size() < least && neighbour != kNoSegment) {
      for (const std::size_t place : part) segments[place] = neighbour;
    } else {
      ++next;
    }
  }
  return segments;
}

}  // namespace

std::vector<std::uint32_t> slic(const SlicPicture& picture, const SlicOptions& options) {
  if (picture.values.empty()) return {};
  Clusters clusters(picture, options);
  const std::vector<std::uint32_t> nearest = clusters.find();
  const double mean_size = static_cast<double>(nearest.size()) / static_cast<double>(clusters.count());
  constexpr double kLeast = 0.5;
  constexpr double kMost = 3.0;
  const auto least = static_cast<std::size_t>(kLeast * mean_size);
  const auto most = std::max<std::size_t>(static_cast<std::size_t>(kMost * mean_size), 1);
  return connected(nearest, picture.width, least, most);
}

}  // namespace modattr
