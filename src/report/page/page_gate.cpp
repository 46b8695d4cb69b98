// The judgement of the release gate, from check.json.

#include <cmath>
#include <cstdint>
#include <optional>

#include "modattr/report/number_format.h"
#include "page_parts.h"
#include "report/figures/markup.h"
#include "report/formats/json_field.h"

namespace modattr {
namespace {

constexpr const char* kCheckSchema = "modattr.check/1";

std::string subject_of(const JsonField& number) {
  std::string text = number.member("subject").text();
  if (const std::optional<std::string> group = number.member("group").text_or_null()) text += ", group " + *group;
  if (const std::optional<std::string> run = number.member("run").text_or_null()) text += ", run " + *run;
  return text;
}

void add_number(const JsonField& number, const std::string& rule, HtmlTable& table) {
  const std::optional<double> old_value = number.member("old").number_or_null();
  const std::optional<double> new_value = number.member("new").number_or_null();
  const std::optional<double> change = number.member("change").number_or_null();
  const std::optional<Interval> interval = number.member("interval").interval_or_null();
  std::vector<double> magnitudes;
  for (const std::optional<double>& value : {old_value, new_value, change}) {
    if (value) magnitudes.push_back(std::abs(*value));
  }
  const NumberFormat format = NumberFormat::of_column(magnitudes, {}, Orientation::kHigherIsBetter);
  const std::string range =
      interval ? "[" + format(interval->low, "–") + ", " + format(interval->high, "–") + "]" : "–";
  const JsonField broken = number.member("broken");
  const bool is_broken = broken.value().is_boolean() && broken.value().get<bool>();
  table.add({rule, is_broken ? "broken" : "kept", subject_of(number),
             number.member("reason").text_or_null().value_or(""), format(old_value, "–"), format(new_value, "–"),
             format(change, "–"), range, format(number.member("limit").number_or_null(), "–")});
}

}  // namespace

std::string gate_section(const ReportPage& page) {
  if (page.check_json.empty()) return "";
  const std::string where = page.name + "/check.json";
  const nlohmann::ordered_json parsed = parse_result(page.check_json, where);
  const JsonField document(parsed, where);
  if (document.member("schema").text() != kCheckSchema) document.member("schema").fail(kCheckSchema);
  const JsonField passed_field = document.member("passed");
  if (!passed_field.value().is_boolean()) passed_field.fail("true or false");
  const bool passed = passed_field.value().get<bool>();
  const JsonField baseline = document.member("baseline");
  std::string html = "<section id=\"gate\"><h2>Release gate</h2>\n<p class=\"verdict " +
                     std::string(passed ? "good" : "bad") + "\">" +
                     std::string(passed ? "Passed: no rule is broken." : "Failed: a rule is broken.") + "</p>\n" +
                     element("p",
                             "Beside " + baseline.member("name").text() + ", model " +
                                 baseline.member("model").member("path").text() + ".",
                             "note");
  HtmlTable table("Rules", {"rule", "verdict", "number", "reason", "old", "new", "change", "interval", "limit"}, 4);
  for (const JsonField& rule : document.member("rules").elements()) {
    const std::string text = rule.member("rule").text();
    for (const JsonField& number : rule.member("numbers").elements()) add_number(number, text, table);
  }
  if (!table.empty()) html += table.html();
  const JsonField worse = document.member("right_to_wrong");
  const JsonField better = document.member("wrong_to_right");
  if (!worse.value().is_null() && !better.value().is_null()) {
    html += element("p", counted(worse.elements().size(), "right answer") + " became wrong, " +
                             counted(better.elements().size(), "wrong one") + " became right.");
  }
  for (const JsonField& warning : document.member("warnings").elements()) html += element("p", warning.text(), "note");
  return html + "</section>\n";
}

}  // namespace modattr
