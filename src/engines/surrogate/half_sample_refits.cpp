#include "modattr/engines/surrogate/half_sample_refits.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <utility>

#include "modattr/stats/moments.h"

namespace modattr {
namespace {

constexpr std::size_t kHalfCount = 20;

/// The strongest terms, for comparisons between fits.
std::vector<SurrogateFactor> strongest_factors(const Surrogate& surrogate, std::size_t count) {
  std::vector<double> values;
  for (const SurrogateTerm& term : surrogate.terms) values.push_back(term.value);
  std::vector<SurrogateFactor> factors;
  for (const std::size_t place : strongest(values, count)) factors.push_back(surrogate.terms[place].factor);
  return factors;
}

/// |intersection| / |union| of ascending lists; nullopt of two empty ones.
std::optional<double> jaccard(const std::vector<SurrogateFactor>& first, const std::vector<SurrogateFactor>& second) {
  std::vector<SurrogateFactor> common;
  std::ranges::set_intersection(first, second, std::back_inserter(common));
  const std::size_t all = first.size() + second.size() - common.size();
  if (all == 0) return std::nullopt;
  return static_cast<double>(common.size()) / static_cast<double>(all);
}

std::optional<double> mean_jaccard(const std::vector<std::vector<SurrogateFactor>>& sets) {
  double sum = 0.0;
  std::size_t count = 0;
  for (std::size_t first = 0; first < sets.size(); ++first) {
    for (std::size_t second = first + 1; second < sets.size(); ++second) {
      const std::optional<double> index = jaccard(sets[first], sets[second]);
      if (!index) continue;
      sum += *index;
      ++count;
    }
  }
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

/// Sample standard deviation.
double deviation(std::span<const double> values) {
  return standard_error(values).value() * std::sqrt(static_cast<double>(values.size()));
}

/// Rows in random groups of equal size. Halves are made of whole groups, so that what is summed over a group is summed
/// once.
struct RowGroups {
  static constexpr std::size_t kMostGroups = 16;

  RowGroups(std::span<const double> weights, RandomStream& stream) : group_of_row(weights.size(), 0) {
    std::vector<std::size_t> rows;
    for (std::size_t row = 1; row < weights.size(); ++row) {
      if (weights[row] > 0.0) rows.push_back(row);
    }
    group_count = std::min(kMostGroups, rows.size());
    for (std::size_t place = 0; place < rows.size(); ++place) {
      std::swap(rows[place], rows[place + stream.below(static_cast<std::uint32_t>(rows.size() - place))]);
      group_of_row[rows[place]] = 1 + place % group_count;
    }
  }

  /// Group 0 and half of the others, in ascending order.
  std::vector<std::size_t> draw_half(RandomStream& stream) const {
    std::vector<std::size_t> groups(group_count);
    std::iota(groups.begin(), groups.end(), std::size_t{1});
    for (std::size_t place = 0; place < group_count / 2; ++place) {
      std::swap(groups[place], groups[place + stream.below(static_cast<std::uint32_t>(group_count - place))]);
    }
    groups.resize(group_count / 2);
    groups.push_back(0);
    std::ranges::sort(groups);
    return groups;
  }

  /// The first row alone is group 0; rows of weight 0 are in none, whatever stands here.
  std::vector<std::size_t> group_of_row;
  /// Without group 0.
  std::size_t group_count = 0;
};

}  // namespace

HalfSampleRefits::HalfSampleRefits(const SurrogateData& data, std::span<const double> weights,
                                   const SurrogateOptions& options, std::size_t modality_count, RandomStream stream)
    : top_k_(options.top_k) {
  const RowGroups groups(weights, stream);
  const bool is_linear = options.kind != SurrogateKind::kTree && options.pairs == PairSearch::kNone;
  std::optional<GroupedMoments> moments;
  if (is_linear) moments.emplace(data.players, data.values, weights, groups.group_of_row);
  for (std::size_t half = 0; half < kHalfCount; ++half) {
    const std::vector<std::size_t> chosen = groups.draw_half(stream);
    if (is_linear) {
      fits_.push_back(fit_players(moments->of(chosen), options));
    } else {
      std::vector<double> halved(weights.size(), 0.0);
      for (std::size_t row = 0; row < weights.size(); ++row) {
        const bool is_in = std::ranges::find(chosen, groups.group_of_row[row]) != chosen.end();
        if (is_in) halved[row] = weights[row];
      }
      fits_.push_back(fit_surrogate(data, choose_factors(data, halved, options), halved, options));
    }
    shares_.push_back(modality_shares(fits_.back(), data.modality_of_player, modality_count));
  }
}

std::optional<double> HalfSampleRefits::stability() const {
  std::vector<std::vector<SurrogateFactor>> sets;
  for (const Surrogate& fit : fits_) sets.push_back(strongest_factors(fit, top_k_));
  return mean_jaccard(sets);
}

std::vector<double> HalfSampleRefits::share_errors() const {
  std::vector<double> errors;
  for (std::size_t modality = 0; modality < shares_.front().size(); ++modality) {
    std::vector<double> values;
    for (const std::vector<double>& half : shares_) {
      if (half.empty()) return {};
      values.push_back(half[modality]);
    }
    errors.push_back(deviation(values));
  }
  return errors;
}

double HalfSampleRefits::factor_error(const SurrogateFactor& factor) const {
  std::vector<double> values;
  for (const Surrogate& fit : fits_) {
    const auto found = std::ranges::find(fit.terms, factor, &SurrogateTerm::factor);
    values.push_back(found == fit.terms.end() ? 0.0 : found->value);
  }
  return deviation(values);
}

std::vector<double> modality_shares(const Surrogate& surrogate, std::span<const std::size_t> modality_of_player,
                                    std::size_t modality_count) {
  std::vector<double> shares(modality_count, 0.0);
  double sum = 0.0;
  for (const SurrogateTerm& term : surrogate.terms) {
    const std::size_t first = modality_of_player[term.factor.player];
    const std::size_t second = term.factor.partner ? modality_of_player[*term.factor.partner] : first;
    const double magnitude = std::abs(term.value);
    shares[first] += 0.5 * magnitude;
    shares[second] += 0.5 * magnitude;
    sum += magnitude;
  }
  if (!(sum > 0.0)) return {};
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace modattr
