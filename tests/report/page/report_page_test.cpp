#include "modattr/report/page/report_page.h"

#include <array>
#include <regex>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/core/error.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t place = text.find(part); place != std::string::npos; place = text.find(part, place + 1)) ++count;
  return count;
}

/// Of a folder with a run of shap and one of trace.
ReportPage small_page() {
  ReportPage page{.name = "results", .table = {}};
  ScoreTable& table = page.table;
  table.version = "0.1.0";
  table.command = "run";
  table.created = "2026-01-02T03:04:05Z";
  table.model = {"models/m.pt", "aa11"};
  table.data = {"val.npz", "bb22"};
  table.example_count = 4000;
  table.metric = "accuracy";
  table.score = 0.9;
  table.score_ci95 = Interval{0.88, 0.92};
  table.modalities = {"image", "text"};
  table.config = R"({"modalities": [{"name": "image", "kind": "image"}, {"name": "text", "kind": "tokens"}],
                     "runs": {"shap": {"engine": "shap", "value": "log_probability", "target": "predicted"},
                              "trace": {"engine": "trace"}}})";
  Score score;
  score.modality = "image";
  score.definition = "shapley.mean";
  score.value = 0.25;
  score.run = "shap";
  table.rows.push_back(score);
  score.definition = "trace.count";
  score.run = "trace";
  table.rows.push_back(score);
  ExampleRecord record{.id = "17", .label = 3.0, .predicted = 4, .target = 4, .attribution = {}, .run = "shap"};
  record.label_name = "circle";
  record.predicted_name = "square";
  record.texts = {{.modality = 1, .text = "what is it"}};
  record.attribution.value_full = 0.75;
  record.attribution.value_empty = 0.25;
  record.attribution.modalities = {0.375, 0.125};
  record.attribution.method = "exact";
  record.attribution.players = {
      {.modality = 0,
       .player = 0,
       .label = "0,0",
       .value = 0.125,
       .std_error = 0.0125,
       .patch = PatchPlace{0, 8, 8, 8}},
      {.modality = 1, .player = 0, .label = "what", .value = -0.0625, .std_error = std::nullopt}};
  table.examples = {record, record};
  table.examples[1].id = "18";
  ExampleRecord traced{.id = "17", .label = 3.0, .predicted = 4, .target = {}, .attribution = {}, .run = "trace"};
  traced.attribution.details = {{.name = "right", .value = false}, {.name = "verdict", .value = std::string("image")}};
  page.traced = {traced};
  page.data.group_column = "kind";
  page.data.pictures = {{.file = "PNG", .width = 64, .height = 64}};
  page.data.examples["17"] = {.group = "shape", .pictures = {{.modality = 0, .picture = 0}}};
  page.commands = {{.run = "shap", .command = "modattr shap --value log_probability"}};
  return page;
}

/// What the page's script reads.
Json data_of(const std::string& html) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t place = html.find(begin) + begin.size();
  return Json::parse(html.substr(place, html.find("</script>", place) - place));
}

TEST(ReportPage, JoinsWhatIsKnownOfAnExample) {
  const Json data = data_of(to_html(small_page()));
  ASSERT_EQ(data["examples"].size(), 2U);
  const Json& example = data["examples"][0];
  EXPECT_EQ(example["id"], "17");
  EXPECT_EQ(example["l"], "circle");
  EXPECT_EQ(example["p"], "square");
  EXPECT_EQ(example["r"], false);
  EXPECT_EQ(example["g"], "shape");
  EXPECT_EQ(example["pic"], Json::parse("[[0, 0]]"));
  ASSERT_EQ(example["parts"].size(), 2U);
  EXPECT_EQ(example["parts"][0]["run"], 0);
  EXPECT_EQ(example["parts"][1]["run"], 1);
  EXPECT_EQ(example["parts"][1]["verdict"], "image");
  EXPECT_FALSE(data["examples"][1].contains("pic"));
  // Without the data, groups are those of the results.
  ReportPage page = small_page();
  page.data = {};
  page.table.examples[1].group = "color";
  EXPECT_EQ(data_of(to_html(page))["examples"][1]["g"], "color");
}

TEST(ReportPage, KeepsEqualPlayersOnceAndNumbersShort) {
  const Json data = data_of(to_html(small_page()));
  ASSERT_EQ(data["players"].size(), 1U);
  EXPECT_EQ(data["players"][0]["n"], Json::parse(R"(["0,0", "what"])"));
  EXPECT_EQ(data["players"][0]["m"], Json::parse("[0, 1, 1, 1]"));
  EXPECT_EQ(data["players"][0]["p"], Json::parse("[[0, 8, 8, 8], null]"));
  const Json& part = data["examples"][1]["parts"][0];
  EXPECT_EQ(part["L"], 0);
  // 0.125 and -0.0625 in units of 1e-4.
  EXPECT_EQ(part["v"], Json::parse("[-4, 1250, -625]"));
  EXPECT_EQ(part["s"], Json::parse("[-5, 1250, null]"));
  EXPECT_EQ(part["m"], Json::parse("[0.375, 0.125]"));
}

TEST(ReportPage, CountsNamesThatAreNumbers) {
  ReportPage page = small_page();
  std::vector<PlayerScore>& players = page.table.examples[0].attribution.players;
  players.clear();
  for (const char* const name : {"0", "1", "2", "00", "1", "0"}) {
    players.push_back({.modality = 0, .player = players.size(), .label = name, .value = 0.5, .std_error = {}});
  }
  players.back().modality = 1;
  players.back().time = TimeSpan{.start = 0.25, .end = 0.5};
  const Json list = data_of(to_html(page))["players"][0];
  EXPECT_EQ(list["n"], Json::parse(R"([3, "00", "1", 1])"));
  EXPECT_EQ(list["m"], Json::parse("[0, 5, 1, 1]"));
  EXPECT_EQ(list["t"], Json::parse("[null, null, null, null, null, [0.25, 0.5]]"));
}

TEST(ReportPage, HasASectionForWhatThereIs) {
  ReportPage page = small_page();
  std::string html = to_html(page);
  for (const char* const id : {"scores", "errors", "examples", "made"}) {
    EXPECT_EQ(count_of(html, std::string("<section id=\"") + id + "\""), 1U) << id;
    EXPECT_EQ(count_of(html, std::string("<a href=\"#") + id + "\""), 1U) << id;
  }
  EXPECT_EQ(count_of(html, "<section id=\"gate\""), 0U);
  EXPECT_NE(html.find("shap: log probability of the predicted class"), std::string::npos);
  EXPECT_NE(html.find("modattr shap --value log_probability"), std::string::npos);
  EXPECT_NE(html.find("0.9000 [0.8800, 0.9200]"), std::string::npos);
  EXPECT_NE(html.find("4,000"), std::string::npos);
  page.table.examples.clear();
  page.traced.clear();
  html = to_html(page);
  EXPECT_EQ(count_of(html, "<section id=\"examples\""), 0U);
}

TEST(ReportPage, TellsTheGatesVerdict) {
  ReportPage page = small_page();
  page.check_json = R"({"schema": "modattr.check/1", "passed": false, "baseline": {"name": "old",
      "model": {"path": "old.pt"}}, "rules": [{"rule": "drop of metric <= 0.02", "numbers": [{"subject": "accuracy",
      "group": null, "run": null, "old": 0.9, "new": 0.8, "change": -0.1, "interval": [-0.12, -0.08], "limit": 0.02,
      "broken": true, "reason": null}]}], "right_to_wrong": ["1", "2"], "wrong_to_right": [], "warnings": []})";
  const std::string html = to_html(page);
  EXPECT_NE(html.find("Failed: a rule is broken."), std::string::npos);
  EXPECT_NE(html.find("drop of metric &lt;= 0.02"), std::string::npos);
  EXPECT_NE(html.find("2 right answers became wrong, 0 wrong ones became right."), std::string::npos);
  page.check_json = R"({"schema": "another/1"})";
  EXPECT_THROW(to_html(page), DataError);
  page.check_json = "no JSON";
  EXPECT_THROW(to_html(page), DataError);
}

/// Texts that try to become markup, code, or something that drives the reader.
const std::array<std::string, 20> kHostile = {
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "--><img src=x onerror=alert(1)>",
    "<img src=x onerror=\"alert(1)\">",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "]]><b class=\"hostile\">",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "<a href=\"javascript:alert(1)\" class=\"hostile\">x</a>",
    "</style><style>*{display:none}</style>",
    "</title><script>alert(1)</script>",
    "line\u2028separator\u2029end",
    "abc\u202Efed\u2066x",
    std::string("nul\0byte", 8),
    "\x1b]0;title\x07",
    "\xff\xfe not utf-8",
    "<ScRiPt>alert(String.fromCharCode(88))</sCrIpT>",
};

/// All that opens an element, comment or the like in a page, but the marks of an axis: their number follows from the
/// room that names leave.
std::vector<std::string> tags_of(const std::string& html) {
  std::vector<std::string> tags;
  const std::regex pattern("<[!/a-zA-Z][a-zA-Z0-9]*");
  for (std::sregex_iterator tag(html.begin(), html.end(), pattern), end; tag != end; ++tag) {
    const std::string text = tag->str();
    if (text != "<line" && text != "<text" && text != "</text") tags.push_back(text);
  }
  return tags;
}

TEST(ReportPage, KeepsHostileTextsTexts) {
  const auto page_with = [](const std::string& text) {
    ReportPage page = small_page();
    page.name = text;
    page.table.model.path = text;
    page.table.data.path = text;
    page.table.warnings = {text};
    page.missing = {text};
    page.table.modalities = {text, "text"};
    page.table.rows[0].modality = text;
    page.table.rows[0].group = text;
    page.table.rows.push_back(page.table.rows[0]);
    page.table.rows.back().group.reset();
    ExampleRecord& record = page.table.examples[0];
    record.id = text;
    record.label_name = text;
    record.predicted_name = text;
    record.texts[0].text = text;
    record.attribution.players[1].label = text;
    record.attribution.method = text;
    page.traced[0].id = text;
    page.traced[0].attribution.details[1].value = text;
    page.data.group_column = text;
    page.data.examples[text] = {.group = text};
    page.commands = {{.run = text, .command = text}};
    page.configuration = text + "\n" + text;
    return to_html(page);
  };
  const std::vector<std::string> expected = tags_of(page_with("harmless"));
  for (const std::string& text : kHostile) {
    const std::string html = page_with(text);
    // No text adds an element or ends one.
    EXPECT_EQ(tags_of(html), expected) << text;
    EXPECT_EQ(html.find("alert(1)>"), std::string::npos) << text;
    EXPECT_EQ(html.find('\0'), std::string::npos) << text;
    EXPECT_EQ(html.find('\x1b'), std::string::npos) << text;
    EXPECT_EQ(html.find("\xE2\x80\xA8"), std::string::npos) << text;
    EXPECT_EQ(html.find("\xE2\x80\xAE"), std::string::npos) << text;
    const Json data = data_of(html);
    EXPECT_EQ(data["examples"].size(), 2U) << text;
    // Nor does the script get what drives its reader.
    for (const Json& example : data["examples"]) {
      const auto id = example["id"].get<std::string>();
      for (const std::string& mark : {std::string("\x1b"), std::string("\xE2\x80\xAE"), std::string(1, '\0')}) {
        EXPECT_EQ(id.find(mark), std::string::npos) << text;
      }
    }
  }
  // What is harmless but looks like markup reaches the reader as it is.
  EXPECT_EQ(data_of(page_with(kHostile[0]))["examples"][0]["id"], kHostile[0]);
}

TEST(ReportPage, LetsOnlyItsOwnScriptRun) {
  const std::string html = to_html(small_page());
  const std::regex policy(
      "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'sha256-[A-Za-z0-9+/]{43}='; script-src 'sha256-[A-Za-z0-9+/]{43}=';");
  EXPECT_TRUE(std::regex_search(html, policy));
  EXPECT_EQ(count_of(html, "<script"), 2U);
  EXPECT_EQ(count_of(html, " style=\""), 0U);
  EXPECT_EQ(count_of(html, "http://"), 1U) << "the name space of SVG, in the script";
  EXPECT_EQ(count_of(html, "https://"), 0U);
}

}  // namespace
}  // namespace modattr
