#include "modattr/engines/trace/typicality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "modattr/core/parallel.h"
#include "modattr/core/vector_clones.h"

namespace modattr {
namespace {

constexpr std::size_t kNeighbourCount = 5;
/// Fewer rows tell nothing of their like.
constexpr std::size_t kFewestRows = 10;
constexpr double kSmallestPValue = 1e-3;
/// Where the tail of distances begins.
constexpr double kTailQuantile = 0.9;

/// Rows whose distances are taken together: entries, of which there are more, are read once for all of them.
constexpr std::size_t kRowsAtATime = 4;

/// Squared distances of kRowsAtATime rows from an entry.
MODATTR_VECTOR_CLONES
void squared_distances(const float* const* rows, const float* entry, std::size_t width, float* squares) {
  // In lanes, so that the sum's order is the same for every width of vectors.
  constexpr std::size_t kLanes = 16;
  using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
  Lanes sums[kRowsAtATime] = {};
  const std::size_t whole = width / kLanes * kLanes;
  for (std::size_t place = 0; place < whole; place += kLanes) {
    Lanes other;
    std::memcpy(&other, entry + place, sizeof other);
    for (std::size_t row = 0; row < kRowsAtATime; ++row) {
      Lanes difference;
      std::memcpy(&difference, rows[row] + place, sizeof difference);
      difference -= other;
      sums[row] += difference * difference;
    }
  }
  for (std::size_t row = 0; row < kRowsAtATime; ++row) {
    float sum = 0.0F;
    for (std::size_t lane = 0; lane < kLanes; ++lane) sum += sums[row][lane];
    for (std::size_t place = whole; place < width; ++place) {
      const float difference = rows[row][place] - entry[place];
      sum += difference * difference;
    }
    squares[row] = sum;
  }
}

/// Euclidean distances of rows from all entries, [rows][entries].
std::vector<std::vector<float>> distances_between(std::span<const float* const> rows, const FloatRows& entries) {
  std::vector<std::vector<float>> distances(rows.size(), std::vector<float>(entries.count()));
  for (std::size_t first = 0; first < rows.size(); first += kRowsAtATime) {
    const std::size_t count = std::min(kRowsAtATime, rows.size() - first);
    std::array<const float*, kRowsAtATime> own;
    for (std::size_t place = 0; place < own.size(); ++place) own[place] = rows[first + std::min(place, count - 1)];
    for (std::size_t entry = 0; entry < entries.count(); ++entry) {
      std::array<float, kRowsAtATime> squares;
      squared_distances(own.data(), entries.row(entry).data(), entries.width, squares.data());
      for (std::size_t place = 0; place < count; ++place) {
        distances[first + place][entry] = std::sqrt(squares[place]);
      }
    }
  }
  return distances;
}

/// Mean of the smallest distances; infinite ones do not count. nullopt where there are none.
std::optional<double> mean_of_nearest(std::vector<float>& distances) {
  const std::size_t wanted = std::min(kNeighbourCount, distances.size());
  std::partial_sort(distances.begin(), distances.begin() + static_cast<std::ptrdiff_t>(wanted), distances.end());
  double sum = 0.0;
  std::size_t count = 0;
  for (; count < wanted && std::isfinite(distances[count]); ++count) sum += distances[count];
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

/// Columns divided by sqrt(variance + 1e-4 mean variance); what never differs counts for nothing.
std::vector<float> column_factors(const FloatRows& rows) {
  constexpr double kSmallVariance = 1e-4;
  const auto count = static_cast<double>(rows.count());
  std::vector<double> means(rows.width);
  std::vector<double> variances(rows.width);
  for (std::size_t row = 0; row < rows.count(); ++row) {
    for (std::size_t column = 0; column < rows.width; ++column) means[column] += rows.row(row)[column] / count;
  }
  double mean_variance = 0.0;
  for (std::size_t row = 0; row < rows.count(); ++row) {
    for (std::size_t column = 0; column < rows.width; ++column) {
      const double difference = rows.row(row)[column] - means[column];
      variances[column] += difference * difference / count;
    }
  }
  for (const double variance : variances) mean_variance += variance / static_cast<double>(rows.width);
  std::vector<float> factors;
  for (const double variance : variances) {
    const double scale = std::sqrt(variance + kSmallVariance * mean_variance);
    factors.push_back(scale > 0.0 ? static_cast<float>(1.0 / scale) : 0.0F);
  }
  return factors;
}

/// Entries of each label that enough of them have, ascending by label.
std::map<std::uint32_t, std::vector<std::size_t>> entries_by_label(
    const std::vector<std::vector<std::uint32_t>>& groups) {
  std::map<std::uint32_t, std::vector<std::size_t>> entries;
  for (std::size_t entry = 0; entry < groups.size(); ++entry) {
    const std::set<std::uint32_t> labels(groups[entry].begin(), groups[entry].end());
    for (const std::uint32_t label : labels) entries[label].push_back(entry);
  }
  std::erase_if(entries, [](const auto& group) { return group.second.size() < kFewestRows; });
  return entries;
}

std::vector<double> known(const std::vector<std::optional<double>>& distances) {
  std::vector<double> values;
  for (const std::optional<double>& distance : distances) {
    if (distance) values.push_back(*distance);
  }
  return values;
}

}  // namespace

DistanceTail::DistanceTail(std::vector<double> distances) : distances_(std::move(distances)) {
  std::ranges::sort(distances_);
  if (distances_.empty()) return;
  const auto last = static_cast<double>(distances_.size() - 1);
  cut_ = distances_[static_cast<std::size_t>(std::floor(kTailQuantile * last))];
  double sum = 0.0;
  std::size_t above = 0;
  for (const double distance : distances_) {
    if (distance <= cut_ || cut_ <= 0.0) continue;
    sum += std::log(distance / cut_);
    ++above;
  }
  tail_share_ = static_cast<double>(above) / static_cast<double>(distances_.size());
  tail_index_ = above == 0 ? 0.0 : sum / static_cast<double>(above);
}

double DistanceTail::p_value(double distance) const {
  const auto at_least = distances_.end() - std::ranges::lower_bound(distances_, distance);
  double p_value = (1.0 + static_cast<double>(at_least)) / (1.0 + static_cast<double>(distances_.size()));
  if (at_least == 0 && tail_index_ > 0.0) {
    p_value = std::min(p_value, tail_share_ * std::pow(distance / cut_, -1.0 / tail_index_));
  }
  return std::clamp(p_value, kSmallestPValue, 1.0);
}

double bayes_factor(double p_value) {
  // At 1 the formula is 0 / 0; its limit is 1/2.
  const double p = std::min(p_value, 1.0 - 1e-6);
  const double logarithm = std::log(p);
  return (1.0 - p + p * logarithm) / (p * logarithm * logarithm);
}

Neighbours::Neighbours(FloatRows rows, Scale scale, const std::vector<std::vector<std::uint32_t>>& groups,
                       const std::vector<std::vector<std::size_t>>& left_out, std::size_t thread_count)
    : rows_(std::move(rows)) {
  if (scale == Scale::kByDeviation) {
    factors_ = column_factors(rows_);
    for (std::size_t place = 0; place < rows_.values.size(); ++place) {
      rows_.values[place] *= factors_[place % rows_.width];
    }
  }
  const std::size_t count = rows_.count();
  const std::map<std::uint32_t, std::vector<std::size_t>> by_label = entries_by_label(groups);
  for (const auto& [label, entries] : by_label) groups_.push_back({label, entries, DistanceTail({})});
  std::vector<std::optional<double>> overall(count);
  // [groups][entries of the group]
  std::vector<std::vector<std::optional<double>>> within;
  for (const Group& group : groups_) within.emplace_back(group.entries.size());
  const auto add_distances = [&](std::size_t entry, std::vector<float>& distances) {
    for (const std::size_t other : left_out[entry]) distances[other] = std::numeric_limits<float>::infinity();
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      const std::vector<std::size_t>& entries = groups_[group].entries;
      const auto place = std::ranges::lower_bound(entries, entry);
      if (place == entries.end() || *place != entry) continue;
      std::vector<float> own;
      for (const std::size_t other : entries) own.push_back(distances[other]);
      within[group][static_cast<std::size_t>(place - entries.begin())] = mean_of_nearest(own);
    }
    overall[entry] = mean_of_nearest(distances);
  };
  parallel_for((count + kRowsAtATime - 1) / kRowsAtATime, thread_count, [&](std::size_t block) {
    const std::size_t first = block * kRowsAtATime;
    std::vector<const float*> own;
    for (std::size_t entry = first; entry < std::min(first + kRowsAtATime, count); ++entry) {
      own.push_back(rows_.row(entry).data());
    }
    std::vector<std::vector<float>> distances = distances_between(own, rows_);
    for (std::size_t place = 0; place < own.size(); ++place) add_distances(first + place, distances[place]);
  });
  if (count >= kFewestRows) tail_.emplace(known(overall));
  for (std::size_t group = 0; group < groups_.size(); ++group) groups_[group].tail = DistanceTail(known(within[group]));
}

std::vector<std::vector<float>> Neighbours::distances(std::span<const std::span<const float>> rows) const {
  std::vector<std::vector<float>> scaled;
  std::vector<const float*> places;
  for (const std::span<const float> row : rows) {
    std::vector<float>& own = scaled.emplace_back(row.begin(), row.end());
    for (std::size_t column = 0; column < factors_.size(); ++column) own[column] *= factors_[column];
    places.push_back(own.data());
  }
  return distances_between(places, rows_);
}

TailPValues Neighbours::p_values(std::vector<float> distances, std::span<const char> left_out,
                                 std::optional<std::uint32_t> label) const {
  if (!tail_) return {};
  for (std::size_t entry = 0; entry < distances.size(); ++entry) {
    if (left_out[entry] != 0) distances[entry] = std::numeric_limits<float>::infinity();
  }
  TailPValues result;
  const auto group = label ? std::ranges::lower_bound(groups_, *label, {}, &Group::label) : groups_.end();
  if (group != groups_.end() && group->label == *label) {
    std::vector<float> own;
    for (const std::size_t entry : group->entries) own.push_back(distances[entry]);
    if (const std::optional<double> distance = mean_of_nearest(own)) {
      result.within_label = group->tail.p_value(*distance);
    }
  }
  if (const std::optional<double> distance = mean_of_nearest(distances)) result.overall = tail_->p_value(*distance);
  return result;
}

class WordPairs::Counts {
 public:
  /// Ends of texts count as a word of their own.
  static constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::min();

  template <typename Visit>
  static void visit_pairs(std::span<const std::int64_t> text, const Visit& visit) {
    std::int64_t first = kEnd;
    for (const std::int64_t word : text) {
      visit(first, word);
      first = word;
    }
    visit(first, kEnd);
  }

  void add(std::span<const std::int64_t> text) {
    visit_pairs(text, [&](std::int64_t first, std::int64_t second) {
      ++pairs_[{first, second}];
      ++firsts_[first];
    });
  }
  double pair(std::int64_t first, std::int64_t second) const { return count_of(pairs_, std::pair(first, second)); }
  double first(std::int64_t word) const { return count_of(firsts_, word); }

 private:
  struct PairHash {
    std::size_t operator()(const std::pair<std::int64_t, std::int64_t>& pair) const noexcept {
      constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15U;
      return static_cast<std::size_t>((static_cast<std::uint64_t>(pair.first) * kMultiplier) ^
                                      static_cast<std::uint64_t>(pair.second));
    }
  };
  template <typename Map>
  static double count_of(const Map& map, const typename Map::key_type& key) {
    const auto found = map.find(key);
    return found == map.end() ? 0.0 : found->second;
  }

  std::unordered_map<std::pair<std::int64_t, std::int64_t>, double, PairHash> pairs_;
  std::unordered_map<std::int64_t, double> firsts_;
};

struct WordPairs::Group {
  std::uint32_t label = 0;
  /// Ascending.
  std::vector<std::size_t> entries;
  Counts counts;
  DistanceTail tail{{}};

  bool has(std::size_t entry) const { return std::ranges::binary_search(entries, entry); }
};

double WordPairs::surprise(const Counts& counts, std::span<const std::int64_t> text,
                           std::span<const std::size_t> left_out) const {
  constexpr double kPrior = 0.1;
  Counts without;
  for (const std::size_t entry : left_out) without.add(texts_[entry]);
  double worst = 0.0;
  Counts::visit_pairs(text, [&](std::int64_t first, std::int64_t second) {
    const double pair = counts.pair(first, second) - without.pair(first, second) + kPrior;
    const double all = counts.first(first) - without.first(first) + kPrior * vocabulary_size_;
    worst = std::max(worst, -std::log(pair / all));
  });
  return worst;
}

WordPairs::WordPairs(std::vector<std::vector<std::int64_t>> texts,
                     const std::vector<std::vector<std::uint32_t>>& groups,
                     const std::vector<std::vector<std::size_t>>& left_out, std::size_t thread_count)
    : texts_(std::move(texts)) {
  std::set<std::int64_t> vocabulary;
  for (const std::vector<std::int64_t>& text : texts_) vocabulary.insert(text.begin(), text.end());
  vocabulary_size_ = static_cast<double>(vocabulary.size() + 1);
  std::map<std::uint32_t, std::vector<std::size_t>> by_label = entries_by_label(groups);
  const auto make_group = [&](std::uint32_t label, std::vector<std::size_t> entries) {
    auto group = std::make_shared<Group>();
    group->label = label;
    group->entries = std::move(entries);
    for (const std::size_t entry : group->entries) group->counts.add(texts_[entry]);
    std::vector<double> own(group->entries.size());
    parallel_for(own.size(), thread_count, [&](std::size_t place) {
      std::vector<std::size_t> others = left_out[group->entries[place]];
      std::erase_if(others, [&](std::size_t entry) { return !group->has(entry); });
      own[place] = surprise(group->counts, texts_[group->entries[place]], others);
    });
    group->tail = DistanceTail(std::move(own));
    return group;
  };
  if (texts_.size() < kFewestRows) return;
  std::vector<std::size_t> all(texts_.size());
  for (std::size_t entry = 0; entry < all.size(); ++entry) all[entry] = entry;
  all_ = make_group(0, std::move(all));
  for (auto& [label, entries] : by_label) groups_.push_back(make_group(label, std::move(entries)));
}

TailPValues WordPairs::p_values(std::span<const std::int64_t> text, std::span<const std::size_t> left_out,
                                std::optional<std::uint32_t> label) const {
  TailPValues result;
  if (all_ == nullptr) return result;
  const auto p_value_in = [&](const Group& group) {
    std::vector<std::size_t> others;
    std::ranges::copy_if(left_out, std::back_inserter(others), [&](std::size_t entry) { return group.has(entry); });
    return group.tail.p_value(surprise(group.counts, text, others));
  };
  result.overall = p_value_in(*all_);
  const auto group = label ? std::ranges::lower_bound(groups_, *label, {}, [](const auto& each) { return each->label; })
                           : groups_.end();
  if (group != groups_.end() && (*group)->label == *label) result.within_label = p_value_in(**group);
  return result;
}

}  // namespace modattr
