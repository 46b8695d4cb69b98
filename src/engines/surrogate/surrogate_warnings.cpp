#include "modattr/engines/surrogate/surrogate_warnings.h"

#include <algorithm>
#include <optional>

#include "modattr/core/option_name.h"

namespace modattr {
namespace {

/// Surrogates that explain less of what they have not seen are not to be trusted.
constexpr double kTrustedR2 = 0.5;

/// "2 of 3 examples", "the example".
std::string count_of(std::size_t count, std::size_t all) {
  return all == 1 ? "the example" : std::to_string(count) + " of " + std::to_string(all) + " examples";
}

/// Options that are not in force yet and may make a surrogate better.
std::string advice(std::span<const SurrogateExample> solved, const LocalSurrogateOptions& options,
                   std::size_t modality_count) {
  const SurrogateOptions& surrogate = options.surrogate;
  const bool is_tree = surrogate.kind == SurrogateKind::kTree;
  std::vector<std::string> words;
  if (std::ranges::any_of(solved, &SurrogateExample::is_sampled)) words.push_back("a larger " + option("budget"));
  if (is_tree) {
    words.push_back(option("depth"));
  } else {
    const auto has_more = [&](const SurrogateExample& one) { return one.attribution.players.size() > surrogate.top_k; };
    if (std::ranges::any_of(solved, has_more)) words.push_back(option("top_k"));
    const bool is_one_modality = modality_count < 2 || options.modalities.size() == 1;
    if (surrogate.pairs == PairSearch::kNone && !is_one_modality) words.push_back(option("pairs"));
  }
  words.push_back(option("surrogate") + (is_tree ? " ridge" : " tree"));
  std::string text;
  for (std::size_t word = 0; word < words.size(); ++word) {
    text += (word == 0 ? "" : word + 1 == words.size() ? " or " : ", ") + words[word];
  }
  return text;
}

}  // namespace

void warn_about_surrogates(std::span<const SurrogateExample> solved, const LocalSurrogateOptions& options,
                           std::size_t modality_count, std::vector<std::string>& warnings) {
  std::size_t poor = 0;
  std::size_t unknown = 0;
  std::size_t unseen = 0;
  std::size_t empty = 0;
  std::size_t bare = 0;
  for (const SurrogateExample& one : solved) {
    const std::optional<double> r2 = one.surrogate().r2;
    const bool has_players = !one.attribution.players.empty();
    if (r2 && one.shares.empty() && has_players) ++bare;
    if (!has_players) {
      ++empty;
    } else if (!r2 && one.surrogate().held_out_count.value_or(2) < 2) {
      ++unseen;
    } else if (!r2) {
      ++unknown;
    } else if (*r2 < kTrustedR2) {
      ++poor;
    }
  }
  if (poor > 0) {
    warnings.push_back(
        "in " + count_of(poor, solved.size()) +
        " the surrogate is not to be trusted: it explains less than half of the model around the example (r2 < 0.5); "
        "try " +
        advice(solved, options, modality_count));
  }
  if (bare > 0) {
    warnings.push_back("in " + count_of(bare, solved.size()) + " no player has a coefficient, so there are no " +
                       "shares" +
                       (options.surrogate.kind == SurrogateKind::kLasso ? "; try a smaller " + option("alpha") : ""));
  }
  if (unseen > 0) {
    warnings.push_back("in " + count_of(unseen, solved.size()) +
                       " there is no r2: hardly any coalition is held out; try a larger " + option("budget"));
  }
  if (unknown > 0) {
    const bool is_sampled = std::ranges::any_of(solved, &SurrogateExample::is_sampled);
    warnings.push_back("in " + count_of(unknown, solved.size()) +
                       " there is no r2: the value differs between the coalitions that count by no more than their "
                       "noise; the explanation says nothing, try " +
                       (is_sampled ? "a larger " + option("budget") + ", " : "") + "another " + option("value") +
                       " or a larger " + option("kernel_width"));
  }
  if (empty > 0) warnings.push_back(count_of(empty, solved.size()) + " had no players to explain");
}

}  // namespace modattr
