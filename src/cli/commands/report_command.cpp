#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/spdlog.h>

#include "cli/command_library.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "commands.h"
#include "modattr/core/error.h"
#include "modattr/core/options.h"
#include "modattr/report/number_format.h"
#include "modattr/report/result_writer.h"
#include "modattr/report/text.h"

namespace modattr {
namespace {

const std::vector<OptionSchema> kReportOptions = {
    {.name = "results", .type = OptionType::kText, .help = "Folder of results", .placeholder = "DIR"}};

struct ReportCommand {
  CommandRequest request = {.options = OptionValues(kReportOptions)};
  std::filesystem::path results;
  std::optional<std::filesystem::path> file;
  OutputOptions output;
};

/// report.html in the folder of the results.
std::filesystem::path usual_file(const std::filesystem::path& results) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(results, ignored);
  return (is_folder ? results : results.parent_path()) / "report.html";
}

void run(ReportCommand& command) {
  start_logging(command.output);
  if (command.results.empty()) {
    throw ConfigError(
        "report: expected the folder of results behind the command, got none; --out DIR of another "
        "command makes one");
  }
  command.request.options.set("results", command.results.string());
  const std::filesystem::path file = command.file.value_or(usual_file(command.results));
  const CommandResult result = run_command("report", command.request, command.output);
  write_atomically(file, result.document);
  for (const std::string& warning : result.warnings) spdlog::warn("not shown: {}", sanitize_for_terminal(warning));
  constexpr double kMegabyte = 1e6;
  const double size = static_cast<double>(result.document.size()) / kMegabyte;
  if (!command.output.quiet) print_notice("wrote " + file.string() + " (" + format_fixed(size, 1) + " MB)");
}

}  // namespace

void add_report_command(CommandLine& line) {
  auto command = std::make_shared<ReportCommand>();
  CLI::App& app = *line.program.add_subcommand("report", "One HTML page of a results folder, to look at and to send");
  app.footer(
      "Examples:\n"
      "  modattr run --out results\n"
      "  modattr report results                      writes results/report.html\n"
      "  modattr report results --out page.html --data val.npz\n"
      "The page needs nothing beside it. Pictures come from the validation set that the results name.");
  app.add_option("DIR", command->results, "Folder of results, or a scores.json")->option_text(" ");
  app.add_option("--out", command->file, "Where to write; default report.html in the folder of the results")
      ->type_name("FILE")
      ->check(not_empty("a file"));
  app.add_option("--data", command->request.common.data,
                 "Validation set of the results, if it is no longer where it was")
      ->type_name("FILE")
      ->check(not_empty("a file"));
  app.add_option("--config", command->request.common.config,
                 "Configuration that names the validation set; default $MODATTR_CONFIG, else the nearest modattr.json")
      ->type_name("FILE")
      ->check(not_empty("a file"));
  add_verbosity_options(app, command->output);
  app.callback([command] { run(*command); });
}

}  // namespace modattr
