#include "modattr/report/page/report_page.h"

#include <array>
#include <filesystem>
#include <utility>

#include "page_parts.h"
#include "report/figures/assets.h"
#include "report/figures/markup.h"

namespace modattr {
namespace {

std::string policy(const ReportAssets& assets) {
  return "default-src 'none'; img-src data:; style-src " + std::string(assets.style_hash) + "; script-src " +
         std::string(assets.script_hash) + "; base-uri 'none'; form-action 'none'";
}

std::string navigation(const std::array<std::pair<std::string_view, const std::string*>, 5>& sections) {
  std::string links;
  for (const auto& [name, html] : sections) {
    if (html->empty()) continue;
    // Each begins with <section id="...">.
    constexpr std::string_view kBegin = "<section id=\"";
    const std::string id = html->substr(kBegin.size(), html->find('"', kBegin.size()) - kBegin.size());
    links += "<a href=\"#" + id + "\">" + std::string(name) + "</a>";
  }
  return "<nav aria-label=\"Sections\">" + links + "</nav>";
}

}  // namespace

std::string to_html(const ReportPage& page) {
  const ReportAssets& assets = report_assets();
  const PageFacts facts = facts_of(page);
  const std::string scores = scores_section(page, facts);
  const std::string errors = errors_section(page, facts);
  const std::string gate = gate_section(page);
  const std::string examples = examples_section(page);
  const std::string made = made_section(page);
  const std::string model = std::filesystem::path(page.table.model.path).filename().string();
  std::string html = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy(assets) + "\">\n";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<meta name=\"color-scheme\" content=\"light dark\">\n";
  html +=
      element("title", model + ": modattr report") + "\n<style>" + std::string(assets.style) + "</style>\n</head>\n";
  html += "<body>\n<a class=\"skip\" href=\"#main\">Skip to the results</a>\n<header><strong>modattr</strong> report";
  html += navigation({{{"Scores", &scores},
                       {"Wrong answers", &errors},
                       {"Gate", &gate},
                       {"Examples", &examples},
                       {"How it was made", &made}}});
  html += "</header>\n<main id=\"main\">\n" + head_section(page, facts) + gate + scores + errors + examples + made +
          "</main>\n";
  html += "<footer>Made by modattr " + escape_markup(page.table.version) + ".</footer>\n";
  html += "<script type=\"application/json\" id=\"data\">" + examples_json(page, facts) + "</script>\n";
  html += "<script>" + std::string(assets.script) + "</script>\n</body>\n</html>\n";
  return html;
}

}  // namespace modattr
