#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modattr/core/attributor.h"
#include "modattr/core/options.h"

namespace modattr {

/// What an engine's game is made of. The run sets up what the game needs, and no more.
enum class GameKind {
  /// Modalities take their data from other examples; v is the outcome of the metric.
  kPermutation,
  /// Modalities are removed as the configuration says; v is the value of the target.
  kModalities,
  /// The same for the features of modalities.
  kFeatures,
  /// The examples one by one, with an answer that is right or wrong; all of them, whichever were asked for.
  kErrors
};

/// What several processes that share a run have to know of its examples. Whatever it is, random numbers follow from the
/// seed and the example alone, so that the shards together evaluate what one process would.
enum class ShardUse {
  /// Their own examples: what is asked of an example depends on no other one.
  kOwnExamples,
  /// All of them: the data of others stands in for removed data, or tells what is normal.
  kAllExamples,
  /// The first one does all the work: what is asked depends on the answers for all examples.
  kFirstShard
};

/// What an engine asks of a run.
struct EngineNeeds {
  GameKind game = GameKind::kModalities;
  /// The behaviour that it explains, whatever is configured; nullopt = the one that is asked for.
  std::optional<std::string> value = std::nullopt;
  /// Whether the set as a whole is explained, in one game of the mean of v.
  bool is_whole_set = false;
  /// The option that names a column to cut the examples by; empty = none.
  std::string column_option = {};
  /// Whether it follows answers through the inside of the model.
  bool looks_inside = false;
  ShardUse shards = ShardUse::kOwnExamples;
};

/// What trees can say of the behaviour that is explained.
enum class TreeUse {
  /// The model is none of trees.
  kNone,
  /// It is one, but another behaviour is explained than a margin.
  kOtherValue,
  /// Every example's value is a margin: what its leaves add up to.
  kMargin
};

/// What an engine may know of the run when it is made.
struct EngineSetting {
  /// Kind of each modality, e.g. "tokens"; [modalities].
  std::vector<std::string> kinds;
  /// Modalities that were asked for, as indices; empty = all.
  std::vector<std::size_t> modalities = {};
  /// Names of the modalities.
  std::vector<std::string> names = {};
  /// Of a game of errors, the examples that were asked for by id; empty = none.
  std::vector<std::uint32_t> asked_examples = {};
  TreeUse trees = TreeUse::kNone;
};

/// The options in force, and words about them for the head of a table.
struct EngineDescription {
  /// In the order in which files hold them. Options of the run (target, value, background) stand here by name only:
  /// the run fills them in.
  std::vector<std::pair<std::string, OptionValue>> in_force;
  /// Kind of index, or of surrogate; empty where it goes without saying.
  std::string index = {};
  /// Estimator; empty where there is no choice.
  std::string method = {};
  /// Random repeats behind every score; nullopt where there are none.
  std::optional<std::size_t> repeat_count = std::nullopt;
  /// How data is removed, where it is not as the configuration says.
  std::string removal = {};
};

/// What costs depend on, for a run over all modalities. Counts are doubles: some exceed 64 bits.
class CostFacts {
 public:
  virtual ~CostFacts() = default;
  virtual std::size_t example_count() const = 0;
  virtual std::size_t modality_count() const = 0;
  virtual bool has_mean_metric() const = 0;
  /// `asked` evaluations of permuted examples, less those of equal mixes.
  virtual double distinct_mixes(double asked) = 0;
  /// Distinct mixes of a modality of every example with the rest of every other one.
  virtual double distinct_pairs(std::size_t modality) = 0;
  /// Rows of the background; 1 without.
  virtual double background_rows() const = 0;
  virtual bool uses_background(std::size_t modality) const = 0;
  /// Whether the value of a mean over background rows is the mean of their values, see Target::is_linear().
  virtual bool is_value_linear() const = 0;
  /// Mean number of players of each modality in an example, [modalities]. Throws Error where features cannot play.
  virtual std::vector<double> player_counts() = 0;
};

/// What a run with usual options takes.
struct EngineCost {
  /// The run, as users ask for it, e.g. "permute --repeats 10".
  std::string run;
  /// Evaluations of the fusion, or of the whole model.
  double evaluations = 0.0;
  /// Synthetic rows for each modality's encoder, [modalities]; empty = only the examples' own rows, once for all runs.
  std::vector<double> encoder_rows = {};
};

/// One of the ways to use an engine, as `modattr engines` lists it.
struct EngineVariant {
  /// E.g. "shap --level feature".
  std::string_view name;
  /// What the scores say.
  std::string_view summary;
  /// What it asks of the model.
  std::string_view needs;
  /// Model evaluations, in N examples, M modalities, R repeats, B rows of the background.
  std::string_view cost;
  /// The paper.
  std::string_view source;
  /// The options that choose it.
  std::vector<std::pair<std::string, OptionValue>> options = {};
};

/// Everything that the command line, the configuration and the documents know of an engine. A new engine is its header,
/// its source with this description, and one entry in the registry.
struct Engine {
  /// The command, and `engine` of a configuration's runs.
  std::string_view name;
  /// One line of help.
  std::string_view summary;
  /// Command lines without "modattr NAME", and what each is for.
  std::vector<std::pair<std::string, std::string>> examples;
  /// A last paragraph of the help; empty = none.
  std::string notes = {};
  /// What --modality does.
  std::string_view modality_help = "Score these modalities only";
  std::vector<OptionSchema> options;
  std::vector<EngineVariant> variants;
  /// Files of results beside the table.
  std::vector<std::string> files = {"scores.json", "scores.csv"};

  /// Throws ConfigError where options do not go together.
  std::function<void(const OptionValues&)> check = [](const OptionValues&) {};
  std::function<EngineNeeds(const OptionValues&)> needs;
  /// Throws ConfigError where options do not go with the setting.
  std::function<std::unique_ptr<Attributor>(const OptionValues&, const EngineSetting&)> make;
  std::function<EngineDescription(const OptionValues&, const EngineSetting&)> describe = describe_all;
  /// Calls `add` for every run that is worth knowing the cost of.
  std::function<void(CostFacts&, const std::function<void(EngineCost)>& add)> costs =
      [](CostFacts&, const std::function<void(EngineCost)>&) {};

  /// Every option with its value, in the order of the schema, but the metric, which has a place of its own.
  static EngineDescription describe_all(const OptionValues& options, const EngineSetting& setting);
};

// Options that mean the same in every engine, and that the run itself reads.
OptionSchema target_option();
OptionSchema value_option();
OptionSchema background_option();
OptionSchema breakdown_option();
OptionSchema metric_option();
OptionSchema skip_invalid_option();

/// "Values: logit, ...", for the end of a help text.
std::string value_help();
/// "Metrics: accuracy, ...", for the end of a help text.
std::string metric_help();

}  // namespace modattr
