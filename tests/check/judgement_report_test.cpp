#include "modattr/check/judgement_report.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/report/utf8.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

/// A change that broke its rule, one that did not, an order, and a bound that is not known.
Judgement made_judgement() {
  const auto number = [](std::string subject, double old_value, double new_value, double reach, bool is_broken) {
    JudgedNumber made{.subject = std::move(subject), .modality = "image", .definition = "share.abs"};
    made.old_value = old_value;
    made.new_value = new_value;
    made.change = new_value - old_value;
    made.interval = Interval{*made.change - reach, *made.change + reach};
    made.limit = 0.05;
    made.basis = "paired, 4000 examples";
    made.is_broken = is_broken;
    made.reason = is_broken ? "significant and larger" : "";
    return made;
  };
  Judgement judgement;
  judgement.baseline = {.name = "old/scores.json",
                        .version = "1",
                        .model = {"old.pt", "aa"},
                        .data = {"val.npz", "dd"},
                        .example_count = 4000,
                        .score = 0.93};
  judgement.next = {.name = "new/scores.json",
                    .version = "1",
                    .model = {"new.pt", "bb"},
                    .data = {"val.npz", "dd"},
                    .example_count = 4000,
                    .score = 0.92};
  judgement.command = "shap";
  judgement.metric = "accuracy";
  judgement.comparison_count = 3;
  judgement.level = 1.0 - 0.05 / 3.0;
  judgement.rules = {{.rule = parse_rule("change of share.abs <= 0.05"),
                      .numbers = {number("image.share.abs", 0.25, 0.375, 0.0125, true),
                                  number("text.share.abs", 0.75, 0.7375, 0.025, false)}},
                     {.rule = parse_rule("order of share.abs"), .numbers = {}},
                     {.rule = parse_rule("sound.lime.r2 >= 0.5"), .numbers = {}}};
  JudgedNumber order{.subject = "share.abs", .definition = "share.abs"};
  order.old_order = order.new_order = "text > image";
  judgement.rules[1].numbers = {order};
  JudgedNumber unknown{.subject = "sound.lime.r2", .modality = "sound", .definition = "lime.r2"};
  unknown.limit = 0.5;
  unknown.is_broken = true;
  unknown.reason = "not known";
  unknown.basis = "no interval: not known";
  judgement.rules[2].numbers = {unknown};
  judgement.answers = ChangedAnswers{.right_to_wrong = {"17", "a|b"}, .wrong_to_right = {}};
  return judgement;
}

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(JudgementReport, FillsATableOfEightyCells) {
  const std::string text = to_check_table(made_judgement(), {.color = false, .unicode = true, .width = 80});
  const std::vector<std::string> lines = lines_in(text);
  EXPECT_EQ(lines[0], "check failed: 2 of 3 rules broken");
  EXPECT_EQ(lines[1], "baseline  old/scores.json · model old.pt · 4000 examples");
  const auto has = [&](const std::string& part) {
    return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  };
  EXPECT_TRUE(has("98.3 % interval")) << text;
  EXPECT_TRUE(has("change of share.abs <= 0.05")) << text;
  EXPECT_TRUE(has("image.share.abs  0.2500  0.3750  +0.1250  [+0.1125, +0.1375]")) << text;
  EXPECT_TRUE(has("broken    image.share.abs: significant and larger")) << text;
  EXPECT_TRUE(has("  text > image")) << text;
  EXPECT_TRUE(has("2 right became wrong, 0 wrong became right")) << text;
  EXPECT_FALSE(has("now wrong")) << text;
  for (const std::string& line : lines) EXPECT_LE(display_width(line), 80U) << line;
  const std::string listed =
      to_check_table(made_judgement(), {.color = false, .unicode = true, .width = 80}, ChangedIds::kListed);
  EXPECT_NE(listed.find("now wrong: 17, a|b"), std::string::npos) << listed;
}

TEST(JudgementReport, TellsHowGroupsArePairedAtOnce) {
  Judgement judgement = made_judgement();
  std::vector<JudgedNumber>& numbers = judgement.rules[0].numbers;
  numbers[0].group = "count";
  numbers[0].basis = "paired, 700 examples";
  numbers[1].group = "color";
  const std::string text = to_check_table(judgement, {.color = false, .unicode = true, .width = 200});
  EXPECT_NE(text.find("image.share.abs, text.share.abs: paired, the group's examples;"), std::string::npos) << text;
}

TEST(JudgementReport, KeepsToEveryWidth) {
  Judgement judgement = made_judgement();
  judgement.rules[0].numbers[0].subject = "a modality with an uncommonly long name, longer than lines.share.abs";
  judgement.rules[0].rule.text = "change of " + judgement.rules[0].numbers[0].subject + " <= 0.05";
  for (const std::size_t width : {60U, 72U, 100U, 160U}) {
    const std::string text = to_check_table(judgement, {.color = false, .unicode = false, .width = width});
    for (const std::string& line : lines_in(text)) {
      EXPECT_LE(display_width(line), width) << line;
      EXPECT_TRUE(std::ranges::all_of(line, [](char letter) { return letter >= ' ' && letter <= '~'; })) << line;
    }
  }
}

TEST(JudgementReport, PaintsVerdicts) {
  const std::string text = to_check_table(made_judgement(), {.color = true, .unicode = true, .width = 100});
  EXPECT_NE(text.find("\x1B[31mbroken\x1B[0m"), std::string::npos) << text;
  EXPECT_NE(text.find("\x1B[36mok"), std::string::npos) << text;
}

TEST(JudgementReport, WritesJson) {
  const Json document = Json::parse(to_check_json(made_judgement()));
  EXPECT_EQ(document.at("schema"), "modattr.check/1");
  EXPECT_EQ(document.at("passed"), false);
  EXPECT_EQ(document.at("baseline").at("model").at("sha256"), "aa");
  EXPECT_EQ(document.at("comparisons"), 3);
  const Json& number = document.at("rules").at(0).at("numbers").at(0);
  EXPECT_EQ(number.at("change"), 0.125);
  EXPECT_EQ(number.at("interval"), Json::array({0.1125, 0.1375}));
  EXPECT_EQ(number.at("broken"), true);
  EXPECT_EQ(document.at("rules").at(1).at("numbers").at(0).at("new_order"), "text > image");
  EXPECT_EQ(document.at("rules").at(2).at("numbers").at(0).at("new"), nullptr);
  EXPECT_EQ(document.at("right_to_wrong"), Json::array({"17", "a|b"}));
}

TEST(JudgementReport, WritesMarkdown) {
  const std::string text = to_check_markdown(made_judgement());
  EXPECT_NE(text.find("**modattr check** failed: 2 of 3 rules broken\n"), std::string::npos) << text;
  EXPECT_NE(text.find("| change of share.abs \\<= 0.05 | image.share.abs | 0.2500 | 0.3750 | +0.1250 | "
                      "\\[+0.1125, +0.1375\\] | \\<= 0.05 | **broken**: significant and larger |\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("|  | text.share.abs |"), std::string::npos) << text;
  // Every line of the table has the same number of cells.
  for (const std::string& line : lines_in(text)) {
    if (!line.starts_with('|')) continue;
    std::size_t bars = 0;
    for (std::size_t at = 0; at < line.size(); ++at)
      bars += line[at] == '|' && (at == 0 || line[at - 1] != '\\') ? 1U : 0U;
    EXPECT_EQ(bars, 9U) << line;
  }
}

/// Names of the elements of an XML text in the order in which they open, with their depth; checks that they close.
std::vector<std::string> elements_of(const std::string& xml) {
  std::vector<std::string> opened;
  std::vector<std::string> elements;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) {
      ADD_FAILURE() << "a tag without an end";
      break;
    }
    const std::string tag = xml.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /?", 1));
    if (tag.starts_with('?')) continue;
    if (tag.starts_with('/')) {
      EXPECT_FALSE(opened.empty());
      EXPECT_EQ(opened.back(), tag.substr(1));
      opened.pop_back();
      continue;
    }
    elements.push_back((opened.empty() ? "" : opened.back() + "/") + name);
    if (!tag.ends_with('/')) opened.push_back(name);
  }
  EXPECT_TRUE(opened.empty());
  return elements;
}

// By Jenkins' junit-10.xsd: testsuites hold test suites, these properties and test cases, these one failure or output.
TEST(JudgementReport, WritesJunit) {
  const std::string text = to_check_junit(made_judgement());
  const std::vector<std::string> elements = elements_of(text);
  const std::vector<std::string> expected = {"testsuites", "testsuites/testsuite", "testsuite/properties"};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), elements.begin())) << text;
  EXPECT_EQ(std::ranges::count(elements, "testsuite/testcase"), 3);
  EXPECT_EQ(std::ranges::count(elements, "testcase/failure"), 2);
  EXPECT_EQ(std::ranges::count(elements, "testcase/system-out"), 1);
  EXPECT_NE(text.find(R"(<testsuite name="modattr check" tests="3" failures="2" errors="0">)"), std::string::npos);
  EXPECT_NE(text.find(R"(<testcase classname="modattr.check" name="change of share.abs &lt;= 0.05">)"),
            std::string::npos)
      << text;
  EXPECT_NE(
      text.find(R"(<failure type="broken" message="change of share.abs &lt;= 0.05: image.share.abs: 0.2500 -&gt; )"
                R"(0.3750, change +0.1250 [+0.1125, +0.1375], allowed &lt;= 0.05: significant and larger">)"),
      std::string::npos)
      << text;
}

TEST(JudgementReport, EscapesTextOfTheData) {
  Judgement judgement = made_judgement();
  judgement.rules[0].numbers[0].subject = "<b>\"&'\x01\x1B[31m\n]]>\xEF\xBF\xBF|*x*.share.abs";
  judgement.answers->right_to_wrong = {"\x1B[2J\nid"};
  const std::string junit = to_check_junit(judgement);
  EXPECT_EQ(std::ranges::count(elements_of(junit), "testsuite/testcase"), 3);
  EXPECT_NE(junit.find("&lt;b&gt;&quot;&amp;'"), std::string::npos) << junit;
  EXPECT_EQ(junit.find('\x1B'), std::string::npos);
  EXPECT_EQ(junit.find('\x01'), std::string::npos);
  EXPECT_EQ(junit.find("\xEF\xBF\xBF"), std::string::npos);
  EXPECT_NE(to_check_markdown(judgement).find("\\<b\\>\"\\&'"), std::string::npos) << to_check_markdown(judgement);
  const std::string table = to_check_table(judgement, {.color = false, .width = 80}, ChangedIds::kListed);
  EXPECT_EQ(table.find('\x1B'), std::string::npos);
  EXPECT_EQ(Json::parse(to_check_json(judgement)).at("right_to_wrong").at(0), "\x1B[2J\nid");
}

}  // namespace
}  // namespace modattr
