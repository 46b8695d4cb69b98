#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/tracing/case_game.h"

namespace modattr {

/// Distances of reference data from the rest of it, and how far in their tail another distance lies.
class DistanceTail {
 public:
  explicit DistanceTail(std::vector<double> distances);

  std::size_t count() const noexcept { return distances_.size(); }
  /// (1 + #{distances >= d}) / (1 + count); beyond the largest distance a Pareto tail fitted above the 90 % point takes
  /// over (Hill 1975). At least 1e-3, so that no single number outweighs all else.
  double p_value(double distance) const;

 private:
  /// Ascending.
  std::vector<double> distances_;
  double cut_ = 0.0;
  double tail_share_ = 0.0;
  /// Mean of ln(d / cut) above the cut.
  double tail_index_ = 0.0;
};

/// The average of all power calibrators (Vovk, Wang 2021): from a p-value to a number whose expectation is at most 1
/// where nothing is wrong, (1 - p + p ln p) / (p ln(p)^2).
double bayes_factor(double p_value);

/// p-values among all reference rows, and among those with the label where there are enough; nullopt where there are
/// too few.
struct TailPValues {
  std::optional<double> overall = std::nullopt;
  std::optional<double> within_label = std::nullopt;
};

/// Reference rows of one modality in one respect, and how far other rows are from them: the mean Euclidean distance to
/// the five nearest that are not left out.
class Neighbours {
 public:
  enum class Scale { kAsTheyAre, kByDeviation };
  /// `rows` [entries, any]: the reference; `left_out` [entries]: those that do not count for an entry, itself among
  /// them. `groups`: labels that each entry occurs with.
  Neighbours(FloatRows rows, Scale scale, const std::vector<std::vector<std::uint32_t>>& groups,
             const std::vector<std::vector<std::size_t>>& left_out, std::size_t thread_count);

  std::size_t count() const noexcept { return rows_.count(); }
  /// Of each row from each entry, [rows][entries]; several rows at a time take less than one after the other.
  std::vector<std::vector<float>> distances(std::span<const std::span<const float>> rows) const;
  /// Of a row with these distances; `left_out` [entries]: not 0 for entries that do not count.
  TailPValues p_values(std::vector<float> distances, std::span<const char> left_out,
                       std::optional<std::uint32_t> label) const;

 private:
  struct Group {
    std::uint32_t label = 0;
    std::vector<std::size_t> entries;
    DistanceTail tail;
  };

  FloatRows rows_;
  /// What columns are multiplied with; empty = 1.
  std::vector<float> factors_;
  std::optional<DistanceTail> tail_;
  /// Ascending by label.
  std::vector<Group> groups_;
};

/// Word order of reference texts: how surprising the rarest pair of neighbours of a text is, -ln((count + 0.1) / (count
/// of the first + 0.1 vocabulary)), ends of the text included.
class WordPairs {
 public:
  /// `texts` [entries]; the rest as for Neighbours.
  WordPairs(std::vector<std::vector<std::int64_t>> texts, const std::vector<std::vector<std::uint32_t>>& groups,
            const std::vector<std::vector<std::size_t>>& left_out, std::size_t thread_count);

  /// `left_out`: entries that do not count.
  TailPValues p_values(std::span<const std::int64_t> text, std::span<const std::size_t> left_out,
                       std::optional<std::uint32_t> label) const;

 private:
  /// Counts of pairs and of their first words, over some of the texts.
  class Counts;
  struct Group;

  double surprise(const Counts& counts, std::span<const std::int64_t> text,
                  std::span<const std::size_t> left_out) const;

  std::vector<std::vector<std::int64_t>> texts_;
  double vocabulary_size_ = 0.0;
  std::shared_ptr<const Group> all_;
  std::vector<std::shared_ptr<const Group>> groups_;
};

}  // namespace modattr
