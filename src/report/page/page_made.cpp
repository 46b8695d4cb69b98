// How the results were made, so that they can be made again.

#include <nlohmann/json.hpp>

#include "modattr/report/number_format.h"
#include "page_parts.h"
#include "report/figures/markup.h"
#include "report/formats/json_field.h"

namespace modattr {
namespace {

std::string copyable(const std::string& text) {
  return "<div class=\"copyable\"><pre tabindex=\"0\">" + escape_markup(text) +
         "</pre><button type=\"button\" class=\"copy\">Copy</button></div>\n";
}

/// Lines keep their ends, which escape_markup() makes spaces.
std::string copyable_lines(const std::string& text) {
  std::string html = "<div class=\"copyable\"><pre tabindex=\"0\">";
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    html += escape_markup(text.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return html + "</pre><button type=\"button\" class=\"copy\">Copy</button></div>\n";
}

std::string runs_table(const ReportPage& page) {
  if (page.run_json.empty()) return "";
  const std::string where = page.name + "/run.json";
  const nlohmann::ordered_json parsed = parse_result(page.run_json, where);
  HtmlTable table("Runs", {"run", "engine", "metric", "examples", "encoder", "fusion", "model", "seconds"}, 3);
  for (const JsonField& run : JsonField(parsed, where).member("runs").elements()) {
    const JsonField evaluations = run.member("evaluations");
    table.add({run.member("run").text(), run.member("engine").text(), run.member("metric").text(),
               std::to_string(run.member("examples").count()), std::to_string(evaluations.member("encoder").count()),
               std::to_string(evaluations.member("fusion").count()),
               std::to_string(evaluations.member("model").count()), format_fixed(run.member("seconds").number(), 2)});
  }
  return table.empty() ? "" : table.html();
}

}  // namespace

std::string made_section(const ReportPage& page) {
  const ScoreTable& table = page.table;
  std::string html = "<section id=\"made\"><h2>How this was made</h2>\n";
  for (const PageCommand& command : page.commands) {
    const std::string part = command.run.empty() ? "all of it" : command.run;
    html += "<h3>" + escape_markup(part) + "</h3>" + copyable(command.command);
  }
  HtmlTable facts("Files and counts", {"what", "value"}, 2);
  facts.add({"results", page.name});
  facts.add({"model", table.model.path});
  facts.add({"model SHA-256", table.model.sha256});
  facts.add({"data", table.data.path});
  facts.add({"data SHA-256", table.data.sha256});
  facts.add({"made", table.created});
  facts.add({"modattr", table.version});
  if (table.seed) facts.add({"seed", std::to_string(*table.seed)});
  facts.add({"evaluations", std::to_string(table.evaluations.encoder) + " by encoders, " +
                                std::to_string(table.evaluations.fusion) + " by the fusion, " +
                                std::to_string(table.evaluations.model) + " by the whole model"});
  facts.add({"seconds", format_fixed(table.seconds, 2)});
  html += facts.html() + runs_table(page);
  if (!page.configuration.empty()) html += folded("Configuration: modattr.json", copyable_lines(page.configuration));
  const auto config = nlohmann::ordered_json::parse(table.config, nullptr, false);
  if (config.is_object()) {
    html += folded("Everything that was in force",
                   copyable_lines(config.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
  }
  return html + "</section>\n";
}

}  // namespace modattr
