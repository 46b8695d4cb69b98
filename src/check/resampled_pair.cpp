#include "modattr/check/resampled_pair.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <utility>

#include "modattr/core/parallel.h"
#include "modattr/stats/bootstrap.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

std::vector<std::string> united(const std::vector<std::string>& first, const std::vector<std::string>& second) {
  std::vector<std::string> ids;
  std::ranges::set_union(first, second, std::back_inserter(ids));
  return ids;
}

/// Where each of `ids` stands among `all`; both ascending.
std::vector<std::uint32_t> places_among(const std::vector<std::string>& ids, const std::vector<std::string>& all) {
  std::vector<std::uint32_t> places;
  std::uint32_t place = 0;
  for (const std::string& id : ids) {
    while (all[place] != id) ++place;
    places.push_back(place);
  }
  return places;
}

/// Standard error of `difference` [resamples] of a number of `count` examples; NaN is left out. A resample of n
/// examples varies by (n - 1) / n of what a sample does.
std::optional<double> resampling_error(const std::vector<double>& differences, std::size_t count) {
  std::vector<double> defined;
  std::ranges::copy_if(differences, std::back_inserter(defined), [](double value) { return std::isfinite(value); });
  if (defined.size() < 2 || defined.size() * 2 < differences.size()) return std::nullopt;
  const auto examples = static_cast<double>(count);
  return *standard_error(defined) * std::sqrt(static_cast<double>(defined.size()) * examples / (examples - 1.0));
}

}  // namespace

std::optional<ResampledPair> ResampledPair::make(ExampleStatistic old_statistic, ExampleStatistic new_statistic,
                                                 const Sample& sample, const Rng& rng, std::string& reason) {
  const std::vector<std::string> ids = united(old_statistic.ids(), new_statistic.ids());
  const bool is_part = old_statistic.is_part() && new_statistic.is_part();
  if (!is_part && (ids.size() != old_statistic.ids().size() || ids.size() != new_statistic.ids().size())) {
    reason = "other examples are explained";
    return std::nullopt;
  }
  if (old_statistic.names() != new_statistic.names() || (is_part && ids.size() > sample.example_count)) {
    reason = "other examples or modalities";
    return std::nullopt;
  }
  if (ids.size() < 2) {
    reason = "a single example";
    return std::nullopt;
  }
  ResampledPair pair;
  pair.names_ = old_statistic.names();
  pair.count_ = ids.size();
  pair.resampled_count_ = is_part ? sample.example_count : ids.size();
  old_statistic.set_places(places_among(old_statistic.ids(), ids));
  new_statistic.set_places(places_among(new_statistic.ids(), ids));
  pair.old_numbers_ = Matrix(1 + kBootstrapReplicateCount, pair.names_.size());
  pair.new_numbers_ = Matrix(1 + kBootstrapReplicateCount, pair.names_.size());
  const auto evaluate = [&](const std::vector<std::uint32_t>& weights, std::size_t row) {
    old_statistic.evaluate(weights, pair.old_numbers_.row(row));
    new_statistic.evaluate(weights, pair.new_numbers_.row(row));
  };
  evaluate(std::vector<std::uint32_t>(pair.resampled_count_, 1), 0);
  constexpr std::uint32_t kReplicatesPerPiece = 50;
  static_assert(kBootstrapReplicateCount % kReplicatesPerPiece == 0);
  parallel_for(kBootstrapReplicateCount / kReplicatesPerPiece, sample.thread_count, [&](std::size_t piece) {
    std::vector<std::uint32_t> weights(pair.resampled_count_);
    const auto first = static_cast<std::uint32_t>(piece * kReplicatesPerPiece);
    for (std::uint32_t replicate = first; replicate < first + kReplicatesPerPiece; ++replicate) {
      bootstrap_weights(rng, 0, replicate, weights);
      evaluate(weights, 1 + replicate);
    }
  });
  return pair;
}

std::optional<std::size_t> ResampledPair::place_of(const std::string& name) const {
  const auto found = std::ranges::find(names_, name);
  return found == names_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - names_.begin()));
}

std::optional<double> ResampledPair::change_error(std::size_t place) const {
  std::vector<double> changes;
  for (std::size_t row = 1; row < new_numbers_.row_count(); ++row) {
    changes.push_back(new_numbers_(row, place) - old_numbers_(row, place));
  }
  return resampling_error(changes, resampled_count_);
}

std::optional<double> ResampledPair::difference_error(std::size_t first, std::size_t second) const {
  std::vector<double> differences;
  for (std::size_t row = 1; row < new_numbers_.row_count(); ++row) {
    differences.push_back(new_numbers_(row, first) - new_numbers_(row, second));
  }
  return resampling_error(differences, resampled_count_);
}

}  // namespace modattr
