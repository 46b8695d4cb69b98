#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>

#include "cli/common_options.h"
#include "cli/console.h"
#include "commands.h"
#include "modattr/engines/definitions.h"
#include "modattr/history/result_store.h"
#include "modattr/history/trend_view.h"

namespace modattr {
namespace {

struct HistoryCommand {
  std::filesystem::path store;
  TrendChoice choice;
  std::optional<std::uint64_t> limit;
  OutputOptions output;
};

void show_history(HistoryCommand& command) {
  const bool is_for_people = command.output.format == OutputFormat::kTable;
  if (is_for_people && !command.output.all_definitions) {
    for (const DefinitionLegend& legend : definition_legends()) {
      command.choice.details.insert(command.choice.details.end(), legend.details.begin(), legend.details.end());
    }
  }
  const History history = follow_trends(ResultStore::open(command.store).results(command.limit), command.choice);
  print(render_history(history, command.store.string(), command.output.format, standard_output_style()));
}

}  // namespace

void add_history_command(CommandLine& line) {
  auto command = std::make_shared<HistoryCommand>();
  CLI::App& app = *line.program.add_subcommand("history", "How scores changed over the results of a store");
  app.footer(
      "Examples:\n"
      "  modattr permute --store releases.db --tag v1.3    run, and append the result to the store\n"
      "  modattr history --store releases.db               every score over all results\n"
      "  modattr history --store releases.db --definition permutation.drop --limit 10\n"
      "  modattr history --store releases.db --format csv  one line per result and score, groups too");
  app.add_option("--store", command->store, "The store that commands with the same option append to")
      ->type_name("FILE")
      ->option_text("FILE (required)")
      ->check(not_empty("a file"))
      ->required();
  app.add_option("-m,--modality", command->choice.modalities, "Show the scores of these modalities only")
      ->option_text("NAME...");
  app.add_option("--definition", command->choice.definitions,
                 "Show these definitions only, e.g. permutation.drop; score is the model's own")
      ->option_text("NAME...");
  app.add_option("--limit", command->limit, "Read the last N results only")
      ->option_text("N")
      ->check(whole_number(1, std::numeric_limits<std::uint32_t>::max()));
  add_format_option(app, command->output, {"table", "csv", "json"});
  app.add_flag("--all-definitions", command->output.all_definitions,
               "Show all definitions, also those that answer the same question or check a run");
  app.callback([command] { show_history(*command); });
}

}  // namespace modattr
