#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/progress.h"
#include "modattr/report/score_table.h"

namespace modattr {

/// What every command that loads a model takes from its command line; what is not given comes from the configuration.
struct CommonOptions {
  std::optional<std::filesystem::path> config;
  std::optional<std::filesystem::path> model;
  std::optional<std::filesystem::path> data;
  /// Modalities to score; empty = all. A text that is no name may be several, with commas between them.
  std::vector<std::string> modalities;
  /// Use this many examples, a random subset fixed by the seed.
  std::optional<std::size_t> examples;
  /// Use the examples with these ids only; a text that is no id may be several, with commas between them.
  std::vector<std::string> ids;
  std::optional<std::uint64_t> seed;
  /// Rows per model call; results do not depend on it. nullopt = the fastest number.
  std::optional<std::size_t> batch_size;
  /// Default: one per processor; results do not depend on it.
  std::optional<std::size_t> threads;
  std::string device = "auto";
  /// Never cut the model; run it whole every time, also on equal mixes.
  bool no_split = false;
  /// Memory for cached features, in MiB; default a quarter of what is free.
  std::optional<std::size_t> cache_mb;
};

struct PermuteRequest {
  CommonOptions common;
  std::uint32_t repeats = 10;
  /// All ordered pairs of examples instead of random permutations.
  bool exact = false;
  std::optional<std::string> metric;
  /// "label" or a column: permute inside its strata.
  std::optional<std::string> within;
  /// Leave out examples whose prediction on untouched data is not finite.
  bool skip_invalid = false;
};

/// What plays.
enum class ShapLevel { kModality, kFeature };

struct ShapRequest {
  CommonOptions common;
  ShapLevel level = ShapLevel::kModality;
  /// Feature level: "owen" or "shapley"; nullopt = owen.
  std::optional<std::string> index;
  /// Estimator: a word of shapley_estimator_names().
  std::string method = "auto";
  /// Feature level: model evaluations per example; nullopt = 32 coalitions per player.
  std::optional<std::size_t> budget;
  /// Feature level: stop where the largest standard error of an example is below it.
  std::optional<double> tolerance;
  /// "predicted", "label" or a class index; nullopt = the configuration's.
  std::optional<std::string> target;
  /// A word of value_names(); nullopt = the configuration's.
  std::optional<std::string> value;
  /// Rows of the background; 0 = all. nullopt = the configuration's, else 50.
  std::optional<std::size_t> background;
  /// Also emap.gap, from all pairs of examples.
  bool interactions = false;
  /// One game of the mean loss over the whole set instead of a game per example.
  bool sage = false;
  /// "label" or a column to break the results down by, besides the configuration's groups.
  std::optional<std::string> by;
  std::optional<std::string> metric;
  bool skip_invalid = false;
};

struct LimeRequest {
  CommonOptions common;
  /// Model evaluations per example; nullopt = 512 coalitions.
  std::optional<std::size_t> budget;
  /// Every coalition once, instead of a budget.
  bool all_coalitions = false;
  /// Most players and pairs of the surrogate.
  std::optional<std::size_t> top_k;
  /// nullopt = the similarity's default.
  std::optional<double> kernel_width;
  /// A word of similarity_names(); nullopt = euclidean where only columns play, else cosine.
  std::optional<std::string> similarity;
  /// A word of surrogate_names().
  std::string surrogate = "ridge";
  /// nullopt = 1 for ridge, 0.01 for the lasso.
  std::optional<double> alpha;
  /// A word of column_selection_names().
  std::string selection = "auto";
  /// Most questions from a tree's root to a leaf; nullopt = 5.
  std::optional<std::size_t> depth;
  /// Also conjunctions of players of different modalities.
  bool pairs = false;
  /// "predicted", "label" or a class index; nullopt = the configuration's.
  std::optional<std::string> target;
  /// A word of value_names(); nullopt = the configuration's.
  std::optional<std::string> value;
  /// Rows of the background; 0 = all. nullopt = the configuration's, else 50.
  std::optional<std::size_t> background;
  /// "label" or a column to break the results down by, besides the configuration's groups.
  std::optional<std::string> by;
  std::optional<std::string> metric;
  bool skip_invalid = false;
};

struct InspectRequest {
  CommonOptions common;
  std::optional<std::string> metric;
};

struct InitRequest {
  std::filesystem::path model;
  std::filesystem::path data;
  /// Folder of the configuration to be, which its paths are relative to.
  std::filesystem::path folder;
};

/// One line of `inspect`: a title and its text, in sections.
struct InspectionSection {
  std::string title;
  /// Rows of cells; the first row is the header when there is more than one.
  std::vector<std::vector<std::string>> rows;
};

/// What `inspect` found out.
struct Inspection {
  std::vector<InspectionSection> sections;
  std::vector<std::string> warnings;
  /// The same as a JSON object.
  std::string json;
};

/// What a command needs from its surroundings.
struct RunContext {
  Progress& progress;
  /// Hears what is being done, one line each.
  std::function<void(std::string_view)> log;
};

/// The commands that load a model. Implemented behind libtorch; this header is free of it, so that a command line can
/// be read, and its help shown, before libtorch is loaded.
class Application {
 public:
  virtual ~Application() = default;
  virtual ScoreTable permute(const PermuteRequest& request, const RunContext& context) = 0;
  virtual ScoreTable shap(const ShapRequest& request, const RunContext& context) = 0;
  virtual ScoreTable lime(const LimeRequest& request, const RunContext& context) = 0;
  virtual Inspection inspect(const InspectRequest& request, const RunContext& context) = 0;
  /// Returns the text of a modattr.json for a model and a data file.
  virtual std::string init(const InitRequest& request, const RunContext& context) = 0;
};

/// Name and type of the one symbol of the shared library that holds the commands.
inline constexpr const char* kCreateApplicationSymbol = "modattr_create_application";
using CreateApplication = Application* (*)();

}  // namespace modattr
