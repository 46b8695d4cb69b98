// A page of a results folder: the results, and what the data says of their examples. No model is loaded.

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "modattr/check/result_set.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/definitions.h"
#include "modattr/report/number_format.h"
#include "modattr/report/page/report_page.h"
#include "modattr/run/command.h"
#include "run/pages/page_commands.h"
#include "run/pages/page_data.h"
#include "run/pages/shown_data.h"

namespace modattr {
namespace {

/// A file beside the scores; empty where there is none.
std::string text_beside(const std::filesystem::path& folder, const char* name) {
  constexpr std::uintmax_t kMostBytes = std::uintmax_t{256} << 20;
  std::error_code error;
  const std::filesystem::path file = folder / name;
  if (!std::filesystem::is_regular_file(file, error) || std::filesystem::file_size(file, error) > kMostBytes) return "";
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

CommandResult make_page(const CommandRequest& request, const RunContext& context) {
  const std::filesystem::path path = request.options.text("results").value_or("");
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  const std::filesystem::path folder = is_folder ? path : path.parent_path();
  ResultSet results = read_result_set(path);
  const std::span<const DefinitionLegend> legends = definition_legends();
  results.table.legends.assign(legends.begin(), legends.end());
  context.log("read " + counted(results.table.examples.size() + results.traced.size(), "explanation") + " of " +
              results.name);
  std::string name = folder.empty() ? std::string(".") : folder.string();
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  ReportPage page{.name = name,
                  .table = std::move(results.table),
                  .traced = std::move(results.traced),
                  .check_json = text_beside(folder, "check.json"),
                  .run_json = text_beside(folder, "run.json")};
  page.commands = page_commands(page.table, name);
  page.configuration = page_configuration(page.table);
  std::string reason;
  const std::array<const std::vector<ExampleRecord>*, 2> records = {&page.table.examples, &page.traced};
  DataPlaces places{.asked = request.common.data, .config = request.common.config, .ids = {}};
  for (const std::vector<ExampleRecord>* list : records) {
    for (const ExampleRecord& record : *list) {
      if (record.id) places.ids.insert(*record.id);
    }
  }
  const std::optional<ShownData> shown = open_shown_data(page.table, places, reason);
  if (shown && shown->dataset) {
    const std::size_t room = room_for_pictures(to_html(page).size(), places.ids.size());
    page.data = page_data(*shown->dataset, shown_inputs(shown->modalities), shown->modalities, records, room,
                          page.missing, context.progress);
  } else if (!shown) {
    page.missing.push_back(
        "Pictures, sounds, columns and groups of the examples: " + spell_options(reason, context.spell) + ".");
  }
  CommandResult result{.document = to_html(page)};
  result.warnings = page.missing;
  return result;
}

}  // namespace

MODATTR_COMMAND(report, make_page)

}  // namespace modattr
