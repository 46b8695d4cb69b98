#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/command_library.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "commands.h"
#include "modattr/check/check.h"
#include "modattr/check/check_settings.h"
#include "modattr/check/judgement_report.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/history/store_reference.h"
#include "modattr/report/result_writer.h"

namespace modattr {
namespace {

enum class CheckFormat : std::uint8_t { kTable, kJson, kMarkdown, kJunit };

const std::vector<std::pair<std::string, CheckFormat>> kCheckFormats = {{"table", CheckFormat::kTable},
                                                                        {"json", CheckFormat::kJson},
                                                                        {"markdown", CheckFormat::kMarkdown},
                                                                        {"junit", CheckFormat::kJunit}};

struct CheckCommand {
  std::optional<std::filesystem::path> baseline;
  std::optional<std::filesystem::path> next;
  /// Of a comparison of two models: the new one is `request.common.model`.
  std::optional<std::filesystem::path> against;
  CommandRequest request = {.options = OptionValues({})};
  std::vector<std::string> rules;
  bool is_strict = false;
  bool allows_other_data = false;
  CheckFormat format = CheckFormat::kTable;
  /// Files that hold the judgement, too.
  std::map<CheckFormat, std::filesystem::path> files;
  bool is_quiet = false;
  bool lists_ids = false;
};

/// Rules of the command line, else of the configuration.
CheckRules rules_in_force(const CheckCommand& command) {
  const std::optional<std::filesystem::path>& config = command.request.common.config;
  const std::optional<std::filesystem::path> file = config ? config : nearest_config_file();
  const CheckSettings settings = file ? read_check_settings(*file) : CheckSettings{};
  return {.rules = parse_rules(command.rules.empty() ? settings.rules : command.rules),
          .is_strict = command.is_strict || settings.is_strict};
}

std::string rendered(const Judgement& judgement, CheckFormat format, const CheckCommand& command) {
  switch (format) {
    case CheckFormat::kTable:
      return to_check_table(judgement, standard_output_style(),
                            command.lists_ids ? ChangedIds::kListed : ChangedIds::kCounted);
    case CheckFormat::kJson:
      return to_check_json(judgement);
    case CheckFormat::kMarkdown:
      return to_check_markdown(judgement);
    case CheckFormat::kJunit:
      return to_check_junit(judgement);
  }
  return "";
}

/// A folder, a scores.json, or a result of a store.
ResultSet read_result(const std::filesystem::path& path) {
  const std::string text = path.string();
  if (!is_store_reference(text)) return read_result_set(path);
  const StoredFiles files = read_store_reference(text);
  return parse_result_set({.scores = files.scores_json, .examples = files.examples_jsonl, .trace = files.trace_jsonl},
                          text);
}

OutputOptions output_of(const CheckCommand& command) {
  OutputOptions output;
  output.quiet = command.is_quiet;
  output.verbose = command.lists_ids;
  return output;
}

/// Every run of the configuration with this model.
ResultSet evaluate(const CheckCommand& command, const std::filesystem::path& model) {
  CommandRequest request = command.request;
  request.common.model = model;
  CommandResult result = run_command("run", request, output_of(command));
  return result_set_of(std::move(*result.table), model.string());
}

/// The two results that are compared.
std::pair<ResultSet, ResultSet> results_of(const CheckCommand& command) {
  const std::optional<std::filesystem::path>& model = command.request.common.model;
  if (command.against || model) {
    if (!command.against || !model) {
      throw ConfigError(
          "check: expected two models, got one; name the new one with --model and the old one with "
          "--against");
    }
    if (command.baseline || command.next) {
      throw ConfigError("check: expected two models or two results, got both; leave out --baseline and the folder");
    }
    // The same configuration, data and donors for both.
    ResultSet baseline = evaluate(command, *command.against);
    return {std::move(baseline), evaluate(command, *model)};
  }
  if (!command.baseline) {
    throw ConfigError("check: expected the results that are compared with, got none; name them with " +
                      option("baseline") + " DIR");
  }
  if (!command.next) throw ConfigError("check: expected new results behind the options, got none; name their folder");
  ResultSet baseline = read_result(*command.baseline);
  return {std::move(baseline), read_result(*command.next)};
}

ExitCode run(const CheckCommand& command) {
  start_logging(output_of(command));
  const CheckRules rules = rules_in_force(command);
  const auto [baseline, next] = results_of(command);
  const Judgement judgement = check(baseline, next, rules,
                                    {.data = command.allows_other_data ? DataRule::kAny : DataRule::kSame,
                                     .thread_count = std::max<std::size_t>(std::thread::hardware_concurrency(), 1)});
  std::string written;
  for (const auto& [format, file] : command.files) {
    write_atomically(file, rendered(judgement, format, command));
    written += (written.empty() ? "" : ", ") + file.string();
  }
  print(rendered(judgement, command.format, command));
  if (!written.empty() && !command.is_quiet) print_notice("wrote " + written);
  return judgement.passed() ? ExitCode::kDone : ExitCode::kGateFailed;
}

void add_formats(CLI::App& app, CheckCommand& command) {
  const auto parse = [&command](const std::string& word) {
    std::vector<std::string> known;
    for (const auto& [name, format] : kCheckFormats) {
      known.push_back(name);
      if (name != word) continue;
      command.format = format;
      return;
    }
    throw CLI::ValidationError("--format", "unknown '" + word + "'" + suggestion(word, known));
  };
  app.add_option_function<std::string>("--format", parse,
                                       "Form of the judgement: table (default), json, markdown or junit")
      ->option_text("FORMAT");
  for (const auto& [name, format] : kCheckFormats) {
    if (format == CheckFormat::kTable) continue;
    const auto assign = [&command, format = format](const std::string& file) { command.files[format] = file; };
    app.add_option_function<std::string>("--" + name, assign, "Also write it as " + name + " into this file")
        ->type_name("FILE")
        ->check(not_empty("a file"));
  }
}

}  // namespace

void add_check_command(CommandLine& line) {
  auto command = std::make_shared<CheckCommand>();
  CLI::App& app =
      *line.program.add_subcommand("check", "Release gate: whether new results keep to rules beside old ones");
  app.footer(
      "Examples:\n"
      "  modattr check --baseline results/old results/new\n"
      "  modattr check --baseline results/old results/new --junit check.xml --strict\n"
      "  modattr check --baseline results/old results/new --rule \"change of text.share.abs <= 0.05\"\n"
      "  modattr check --baseline store:results.db@v1.2 results/new\n"
      "  modattr check --model new.pt --against old.pt\n"
      "\n"
      "Rules:\n"
      "  change of share.abs <= 0.05          every modality's number moves by no more\n"
      "  change of text.permutation.drop in question_type=count <= 0.1\n"
      "  drop of metric <= 0.02               the metric becomes no worse than this; 2% is of the old one\n"
      "  text.share.abs <= 0.7                a bound on the new results: <=, <, >= or >\n"
      "  order of share.abs                   modalities keep their order\n"
      "  ndcg of shapley.mean_abs >= 0.9      so does most of the ranking; of players: of features\n"
      "Exit code 1 when a rule is broken.");
  app.add_option("NEW", command->next, "Folder, or scores.json, of the results that are judged")->option_text(" ");
  app.add_option("--baseline", command->baseline,
                 "Folder, or scores.json, of the results that they are compared with; or store:FILE@latest, "
                 "store:FILE@TAG")
      ->type_name("DIR")
      ->check(not_empty("a folder"));
  app.add_option("--rule", command->rules, "A rule, instead of the configuration's check.rules; may be repeated")
      ->option_text("RULE")
      ->allow_extra_args(false);
  app.add_flag("--strict", command->is_strict,
               "Any significant change breaks a rule, and bounds hold for whole intervals");
  app.add_flag("--allow-other-data", command->allows_other_data, "Also compare results of other data, unpaired");
  app.add_option("--against", command->against,
                 "The old model, where --model names the new one: the configuration's runs are made with both")
      ->type_name("FILE")
      ->check(not_empty("a file"));
  add_common_options(app, command->request.common);
  add_formats(app, *command);
  auto* quiet = app.add_flag("-q,--quiet", command->is_quiet, "Do not tell which files were written");
  app.add_flag("-v,--verbose", command->lists_ids, "List the first examples whose answers changed sides");
  quiet->option_text(" ");
  app.callback([command, &line] { line.exit_code = run(*command); });
}

}  // namespace modattr
