#include "result_output.h"

#include <optional>

#include <spdlog/spdlog.h>

#include "console.h"
#include "modattr/core/error.h"
#include "modattr/report/formats/result_files.h"
#include "modattr/report/tables/example_view.h"
#include "modattr/report/tables/main_definitions.h"
#include "modattr/report/text.h"

namespace modattr {
namespace {

void say_written(const std::vector<NamedContent>& files, const ResultDirectory& directory,
                 const OutputOptions& output) {
  if (output.quiet) return;
  std::string names;
  for (const NamedContent& file : files) names += (names.empty() ? "" : ", ") + (directory.path() / file.name).string();
  print_notice("wrote " + names);
}

}  // namespace

void show(ScoreTable table, const OutputOptions& output) {
  const bool is_for_people = output.format == OutputFormat::kTable || output.format == OutputFormat::kMarkdown;
  if (is_for_people && !output.all_definitions) keep_main_definitions(table);
  print(render(table, output.format, standard_output_style()));
  if (output.format == OutputFormat::kTable) print(to_example_view(table, standard_output_style()));
  if (output.format != OutputFormat::kTable && table.examples_are_chosen && !table.examples.empty() && !output.out) {
    spdlog::warn("the explanations of single examples are in examples.jsonl of --out DIR only");
  }
  // The table and the JSON hold the warnings themselves.
  if (output.format == OutputFormat::kCsv || output.format == OutputFormat::kMarkdown) {
    for (const std::string& warning : table.warnings) spdlog::warn("warning: {}", sanitize_for_terminal(warning));
  }
}

void expect_replaceable(const std::filesystem::path& folder, const std::string& command, CommandRequest& request) {
  const std::optional<FormerRun> former = former_run(folder);
  if (!former) return;
  if (former->command != command) {
    throw ConfigError(folder.string() + ": expected results of " + command + " or none, got results of " +
                      former->command + "; choose another folder, or replace them with --force");
  }
  request.expected_model_sha256 = former->model_sha256;
}

void show_runs(const CommandResult& result, const OutputOptions& output) {
  const bool is_one_document = output.format == OutputFormat::kJson || output.format == OutputFormat::kCsv;
  if (is_one_document) {
    show(*result.table, output);
    return;
  }
  for (std::size_t place = 0; place < result.tables.size(); ++place) {
    if (place > 0) print("\n");
    show(result.tables[place], output);
  }
}

void write_files(const std::vector<NamedContent>& files, const ResultDirectory& directory,
                 const OutputOptions& output) {
  directory.write(files);
  say_written(files, directory, output);
}

void write_results(const std::vector<NamedContent>& files, const ResultDirectory& directory,
                   const OutputOptions& output) {
  directory.write(files, former_files());
  say_written(files, directory, output);
}

}  // namespace modattr
