#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace modattr {

/// A closed interval.
struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// One number about one modality. What is not known is nullopt, never 0.
struct Score {
  std::string modality;
  /// Which number this is, e.g. "permutation.drop"; docs/definitions.md lists them.
  std::string definition;
  /// Value of the group column whose examples are scored; nullopt = all examples.
  std::optional<std::string> group;
  std::optional<double> value;
  /// Monte Carlo error: standard error over repeats.
  std::optional<double> std_error;
  /// Sampling error of the validation set: 95 % bootstrap interval over examples.
  std::optional<Interval> ci95;
  /// Examples behind the value.
  std::size_t examples = 0;
  /// Of a test over repeats.
  std::optional<double> p_value;
  /// Of a test over examples.
  std::optional<double> p_value_examples = std::nullopt;
  /// Name of the run that it is of, where a table holds several; else empty.
  std::string run = {};
};

/// Where a patch lies in its picture, in pixels.
struct PatchPlace {
  std::size_t row = 0;
  std::size_t column = 0;
  std::size_t height = 0;
  std::size_t width = 0;
};

/// When a player sounds, in seconds from the beginning.
struct TimeSpan {
  double start = 0.0;
  double end = 0.0;
};

/// Pixels of a picture that lie anyhow, such as a superpixel: stretches of its columns, one below the other, by turns
/// outside and inside; the first is outside and may be 0 long. COCO's run-length encoding.
struct PixelRegion {
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<std::uint32_t> counts = {};

  friend bool operator==(const PixelRegion&, const PixelRegion&) = default;
};

/// The score of one player on one example, in units of v.
struct PlayerScore {
  std::size_t modality = 0;
  /// Number among the modality's players of this example.
  std::size_t player = 0;
  /// The word, the patch's position, the column's name.
  std::string label;
  double value = 0.0;
  /// Monte Carlo error; nullopt where it is not known.
  std::optional<double> std_error;
  /// Sampling error of the validation set, where the value is one of many examples.
  std::optional<Interval> ci95 = std::nullopt;
  /// Of a player that is a patch.
  std::optional<PatchPlace> patch = std::nullopt;
  /// Of a player that is a segment of a sound whose sample rate is known.
  std::optional<TimeSpan> time = std::nullopt;
  /// Of a player that is another part of a picture.
  std::optional<PixelRegion> region = std::nullopt;
};

/// What a local surrogate adds where two players are present together.
struct PairScore {
  struct Player {
    std::size_t modality = 0;
    /// Number among the modality's players of this example.
    std::size_t player = 0;
    std::string label;
  };
  Player first;
  Player second;
  double value = 0.0;
  std::optional<double> std_error;
};

/// What two players of an example add only together.
struct PlayerInteraction {
  /// Indices into ExampleAttribution::players, ascending.
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  double value = 0.0;
  /// Monte Carlo error; 0 where nothing was drawn at random.
  std::optional<double> std_error;
};

/// An interaction index of all pairs of players of an example.
struct PlayerInteractions {
  /// The index, e.g. "pairs.k_sii"; docs/definitions.md lists them.
  std::string definition;
  /// "exact" or "sampled".
  std::string method;
  /// Pairs across modalities first, the largest magnitude first.
  std::vector<PlayerInteraction> pairs;
};

/// A leaf of a tree surrogate: what must be present or absent, and the answer there.
struct SurrogateRule {
  std::string condition;
  double value = 0.0;
  /// Part of the weight of the coalitions that the tree was grown from.
  double weight_share = 0.0;
};

/// A local surrogate of the model around an example, and how far it can be trusted. The players' scores are its
/// coefficients.
struct SurrogateReport {
  /// "ridge", "lasso" or "tree".
  std::string kind;
  /// Its answer without any player.
  double intercept = 0.0;
  /// Its answer to the example itself.
  double local_prediction = 0.0;
  /// Weighted R2 on coalitions that it was not fitted to; where every coalition was evaluated, on all of them.
  std::optional<double> r2;
  /// Coalitions held back for r2; nullopt where every coalition was evaluated.
  std::optional<std::size_t> held_out_count;
  /// Mean Jaccard index of the strongest terms over fits to halves of the coalitions.
  std::optional<double> stability;
  std::vector<PairScore> pairs;
  /// Of a tree.
  std::vector<SurrogateRule> rules;
};

/// What an engine tells of an example beside the fields that all engines share: a named value, or a tree of them. An
/// engine with news of its own adds details; result files hold them without knowing the engine.
struct Detail {
  /// The values of a list have no names.
  struct List {
    std::vector<Detail> values;
  };
  struct Object {
    std::vector<Detail> members;
  };

  std::string name;
  /// std::monostate: not known.
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Object> value;
};

/// What explains one example.
struct ExampleAttribution {
  /// Index among the examples of the run.
  std::uint32_t example = 0;
  double value_full = 0.0;
  double value_empty = 0.0;
  /// v(full) - v(empty) less the sum of all attributions.
  double efficiency_gap = 0.0;
  /// Score of each modality; [modalities].
  std::vector<double> modalities;
  /// Shapley interaction index of the pairs (0, 1), (0, 2), ... (1, 2), ...; empty when they were not computed.
  std::vector<double> interactions;
  /// Empty when modalities are the players.
  std::vector<PlayerScore> players;
  /// Model evaluations asked for.
  std::size_t evaluation_count = 0;
  /// How the scores were computed, e.g. "exact".
  std::string method;
  /// Where pairs of players were asked for.
  std::optional<PlayerInteractions> player_interactions = std::nullopt;
  /// Where the scores are those of a local surrogate.
  std::optional<SurrogateReport> surrogate = std::nullopt;
  /// The most probable class, where the engine has asked for it.
  std::optional<std::size_t> predicted = std::nullopt;
  /// What only this engine knows, in this order.
  std::vector<Detail> details = {};
};

/// What an engine returns.
struct Attribution {
  /// Score of the model on the untouched data, in the problem's metric.
  std::optional<double> score;
  std::optional<Interval> score_ci95;
  std::vector<Score> rows;
  /// Examples that are explained one by one.
  std::vector<ExampleAttribution> examples;
  /// The set as a whole, where it is explained in one game; its `example` says nothing.
  std::optional<ExampleAttribution> whole_set;
  /// One sentence each, with what to do next.
  std::vector<std::string> warnings;
};

}  // namespace modattr
