#include "page_parts.h"

#include <nlohmann/json.hpp>

#include "report/figures/markup.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

std::string word(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// "probability of the predicted class", of the options in force.
std::string explained_words(const Json& options) {
  std::string value = word(options, "value");
  if (value.empty()) return "";
  for (char& letter : value) {
    if (letter == '_') letter = ' ';
  }
  const std::string target = word(options, "target");
  const auto sage = options.find("sage");
  if (sage != options.end() && sage->is_boolean() && sage->get<bool>()) return "minus the mean loss over the set";
  if (value == "output") return "output";
  if (target == "predicted") return value + " of the predicted class";
  return target == "label" ? value + " of the label" : target.empty() ? value : value + " of " + target;
}

}  // namespace

std::string HtmlTable::html() const {
  std::string text = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + escape_markup(caption_) +
                     "\"><table><caption>" + escape_markup(caption_) + "</caption><thead><tr>";
  for (std::size_t column = 0; column < titles_.size(); ++column) {
    text += std::string("<th scope=\"col\"") + (column < text_columns_ ? "" : " class=\"n\"") + ">" +
            escape_markup(titles_[column]) + "</th>";
  }
  text += "</tr></thead><tbody>\n";
  for (const std::vector<std::string>& row : rows_) {
    text += "<tr>";
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::string cell = escape_markup(row[column]);
      if (column == 0) {
        text += "<th scope=\"row\">" + cell + "</th>";
      } else {
        text += (column < text_columns_ ? "<td>" : "<td class=\"n\">") + cell + "</td>";
      }
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string element(std::string_view name, std::string_view text, std::string_view classes) {
  std::string html = "<" + std::string(name);
  if (!classes.empty()) html += " class=\"" + escape_markup(classes) + "\"";
  return html + ">" + escape_markup(text) + "</" + std::string(name) + ">";
}

std::string folded(std::string_view summary, const std::string& html) {
  return "<details>" + element("summary", summary) + html + "</details>\n";
}

std::string html_of(const PageFigure& figure) {
  std::string html = "<figure class=\"card\"><figcaption>" + element("h3", figure.title);
  if (!figure.definition.empty()) html += element("code", figure.definition);
  if (!figure.note.empty()) html += element("p", figure.note, "note");
  html += "</figcaption>\n" + figure.svg;
  if (!figure.table.empty()) html += folded("Numbers", figure.table);
  return html + "</figure>\n";
}

PageFacts facts_of(const ReportPage& page) {
  PageFacts facts;
  const Json config = Json::parse(page.table.config, nullptr, false);
  facts.kinds.resize(page.table.modalities.size());
  if (!config.is_object()) return facts;
  if (const auto modalities = config.find("modalities"); modalities != config.end() && modalities->is_array()) {
    for (std::size_t place = 0; place < std::min(modalities->size(), facts.kinds.size()); ++place) {
      facts.kinds[place] = word((*modalities)[place], "kind");
    }
  }
  const auto runs = config.find("runs");
  const bool has_runs = page.table.command == "run" && runs != config.end() && runs->is_object();
  if (has_runs) {
    for (const auto& [name, options] : runs->items()) {
      facts.runs.push_back({.name = name, .engine = word(options, "engine"), .explains = explained_words(options)});
    }
  } else {
    const auto options = config.find(page.table.command);
    facts.runs.push_back({.name = "",
                          .engine = page.table.command,
                          .explains = options == config.end() ? "" : explained_words(*options)});
  }
  return facts;
}

std::string shown_name(const PageRun& run, const ReportPage& page) {
  return run.name.empty() ? page.table.command : run.name;
}

}  // namespace modattr
