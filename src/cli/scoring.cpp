#include "scoring.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <spdlog/spdlog.h>

#include "console.h"
#include "load_application.h"
#include "modattr/core/option_name.h"
#include "modattr/report/formats/examples_writer.h"
#include "modattr/report/result_writer.h"
#include "modattr/report/tables/example_view.h"
#include "modattr/report/text.h"
#include "progress_bar.h"

namespace modattr {

void run_scoring(const OutputOptions& output,
                 const std::function<ScoreTable(Application& application, const RunContext& context)>& score) {
  start_logging(output);
  std::optional<ResultDirectory> directory;
  if (output.out) directory.emplace(ResultDirectory::open(*output.out));

  const bool show_bar = standard_error_can_redraw() && !output.quiet;
  ProgressBar progress(show_bar ? ProgressDisplay::kBar : ProgressDisplay::kNone);
  const RunContext context{progress, [](std::string_view line) {
                             spdlog::info("{}", sanitize_for_terminal(spell_options(line, command_line_option)));
                           }};
  const std::unique_ptr<Application> application = load_application();
  ScoreTable table = score(*application, context);
  for (std::string& warning : table.warnings) warning = spell_options(warning, command_line_option);

  if (directory) {
    std::vector<NamedContent> files{{"scores.json", render(table, OutputFormat::kJson, {})},
                                    {"scores.csv", render(table, OutputFormat::kCsv, {})}};
    if (!table.examples.empty()) files.push_back({"examples.jsonl", to_json_lines(table)});
    const FormerFile former{"examples.jsonl", begins_like_json_lines};
    directory->write(files, std::span(&former, 1));
  }
  print(render(table, output.format, standard_output_style()));
  if (output.format == OutputFormat::kTable) print(to_example_view(table, standard_output_style()));
  if (output.format != OutputFormat::kTable && table.examples_are_chosen && !table.examples.empty() && !directory) {
    spdlog::warn("the explanations of single examples are in examples.jsonl of --out DIR only");
  }
  // The table and the JSON hold the warnings themselves.
  if (output.format == OutputFormat::kCsv || output.format == OutputFormat::kMarkdown) {
    for (const std::string& warning : table.warnings) spdlog::warn("warning: {}", sanitize_for_terminal(warning));
  }
}

}  // namespace modattr
