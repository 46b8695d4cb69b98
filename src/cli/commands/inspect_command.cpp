#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cli/command_library.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/option_arguments.h"
#include "commands.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/engine.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

const std::vector<OptionSchema> kInspectOptions = {metric_option()};

struct InspectCommand {
  CommandRequest request;
  OutputOptions output;
};

std::string section_text(const InspectionSection& section, const TextStyle& style) {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> rows;
  for (const std::vector<std::string>& row : section.rows) {
    std::vector<std::string>& cells = rows.emplace_back();
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t cell = 0; cell < row.size(); ++cell) {
      cells.push_back(terminal_text(row[cell], style));
      widths[cell] = std::max(widths[cell], display_width(cells.back()));
    }
  }
  std::string text = painted(section.title, Paint::kStrong, style) + "\n";
  for (const std::vector<std::string>& row : rows) {
    std::string line = "  ";
    for (std::size_t cell = 0; cell < row.size(); ++cell) {
      const bool last = cell + 1 == row.size();
      line += last ? hanging(row[cell], display_width(line), standard_output_wraps_at())
                   : pad(row[cell], widths[cell], Alignment::kLeft) + "  ";
    }
    text += line + "\n";
  }
  return text;
}

void run(const InspectCommand& command) {
  const OutputOptions& output = command.output;
  start_logging(output);
  const CommandResult inspection = run_command("inspect", command.request, output);
  if (output.format == OutputFormat::kJson) {
    print(inspection.document);
    return;
  }
  const TextStyle style = standard_output_style();
  std::string text;
  for (const InspectionSection& section : inspection.sections)
    text += (text.empty() ? "" : "\n") + section_text(section, style);
  if (!inspection.warnings.empty()) text += "\n";
  for (const std::string& warning : inspection.warnings)
    text += "warning: " +
            hanging(terminal_text(spell_options(warning, command_line_option), style),
                    std::string_view("warning: ").size(), standard_output_wraps_at()) +
            "\n";
  print(text);
}

}  // namespace

void add_inspect_command(CommandLine& line) {
  auto command = std::make_shared<InspectCommand>(
      InspectCommand{.request = {.options = OptionValues(kInspectOptions)}, .output = {}});
  CLI::App& app =
      *line.program.add_subcommand("inspect", "What the model takes, what the data has, how they bind, what runs cost");
  app.footer(std::string("Examples:\n"
                         "  modattr inspect\n"
                         "  modattr inspect --config configs/six-views.json --format json\n\n") +
             metric_help());
  add_options(app, command->request.options);
  add_common_options(app, command->request.common);
  add_format_option(app, command->output, {"table", "json"});
  add_verbosity_options(app, command->output);
  app.callback([command] { run(*command); });
}

}  // namespace modattr
