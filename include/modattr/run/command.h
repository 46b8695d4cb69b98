#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/options.h"
#include "modattr/core/progress.h"
#include "modattr/core/shards/shard.h"
#include "modattr/report/page/report_page.h"
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
  /// Never split the model; run it whole every time, also on equal mixes.
  bool no_split = false;
  /// Whether the answer for a row is to depend neither on its place in a call nor on the kind of processor.
  bool reproducible = false;
  /// Memory for cached encodings, in MiB; default a quarter of what is free.
  std::optional<std::size_t> cache_mb;
};

/// What a command is asked for.
struct CommandRequest {
  CommonOptions common = {};
  /// SHA-256 of the model that results in the folder of the new ones are of; empty = any.
  std::string expected_model_sha256 = {};
  /// Where the model's outputs are kept so that an interrupted run can go on; nullopt = nowhere.
  std::optional<std::filesystem::path> journal = std::nullopt;
  /// Whether to go on with an interrupted run, or to replace it; neither: it is refused.
  bool resume = false;
  bool replace = false;
  /// Evaluate the examples of this shard only, for `merge`.
  std::optional<Shard> shard = std::nullopt;
  /// Of `merge`: the files of the shards.
  std::vector<std::filesystem::path> shard_files = {};
  /// The engine that is to run, where the command runs one.
  std::string engine = {};
  /// Whether the result is to hold what the data says of the examples that were asked for by id.
  bool shows_data = false;
  /// The engine's options, or the command's own.
  OptionValues options;
};

/// What a command needs from its surroundings.
struct RunContext {
  Progress& progress;
  /// Hears what is being done, one line each.
  std::function<void(std::string_view)> log;
  /// Hears what every user should know before the run, one line each.
  std::function<void(std::string_view)> notice = [](std::string_view) {};
  /// How users write an option, for messages.
  std::function<std::string(std::string_view name)> spell = [](std::string_view name) { return std::string(name); };
};

/// What the program ends with.
enum class ExitCode : int {
  kDone = 0,
  /// A rule of `check` is broken.
  kGateFailed = 1,
  kWrongUsage = 2,
  kFailure = 3
};

/// A title and rows of cells; the first row is the header when there is more than one.
struct InspectionSection {
  std::string title;
  std::vector<std::vector<std::string>> rows;
};

/// What a command found out; each command fills in what it has.
struct CommandResult {
  /// Scores.
  std::optional<ScoreTable> table = std::nullopt;
  /// Where several engines ran: the scores of each, which the table holds together.
  std::vector<ScoreTable> tables = {};
  /// Files that hold the scores; render_file() makes them.
  std::vector<std::string> files = {};
  /// What is shown in sections.
  std::vector<InspectionSection> sections = {};
  std::vector<std::string> warnings = {};
  /// Pictures of the explained examples.
  PageData data = {};
  /// A document of JSON or HTML.
  std::string document = {};
  ExitCode exit_code = ExitCode::kDone;
};

/// A command that loads a model. It lives behind libtorch, in a shared library; this header is free of it, so that a
/// command line can be read, and its help shown, before libtorch is loaded. The library exports each command as
/// kCommandSymbol + its name, by MODATTR_COMMAND.
using Command = void (*)(const CommandRequest& request, const RunContext& context, CommandResult& result);

inline constexpr std::string_view kCommandSymbol = "modattr_command_";

/// Exports `function`, which returns its result, as the command `name`.
#define MODATTR_COMMAND(name, function)                                                            \
  extern "C" void modattr_command_##name(const CommandRequest& request, const RunContext& context, \
                                         CommandResult& result) {                                  \
    result = function(request, context);                                                           \
  }

}  // namespace modattr
