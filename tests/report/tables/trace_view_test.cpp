#include "modattr/report/tables/trace_view.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace modattr::trace_view_test {
namespace {

const TextStyle kPlainStyle{.color = false, .unicode = true, .width = 80};

Score row_of(std::string modality, std::string definition, double value, std::optional<std::string> group = {},
             std::optional<Interval> interval = {}) {
  return {.modality = std::move(modality),
          .definition = std::move(definition),
          .group = std::move(group),
          .value = value,
          .std_error = std::nullopt,
          .ci95 = interval,
          .examples = 40,
          .p_value = std::nullopt};
}

ScoreTable errors_table() {
  ScoreTable table;
  table.modalities = {"image", "text"};
  for (const char* group : {"", "easy"}) {
    const std::optional<std::string> name = *group == '\0' ? std::nullopt : std::optional<std::string>(group);
    table.rows.push_back(row_of("image", "trace.share", 0.75, name, Interval{0.5, 0.9}));
    table.rows.push_back(row_of("text", "trace.share", 0.0, name, Interval{0.0, 0.1}));
    table.rows.push_back(row_of("model", "trace.share", 0.25, name, Interval{0.1, 0.5}));
    table.rows.push_back(row_of("image", "trace.count", 28.0, name));
    table.rows.push_back(row_of("text", "trace.count", 0.0, name));
    table.rows.push_back(row_of("model", "trace.count", 7.0, name));
    table.rows.push_back(row_of("undecided", "trace.count", 5.0, name));
  }
  return table;
}

TEST(TraceView, SumsUpWhatIsBehindTheErrors) {
  EXPECT_EQ(to_trace_summary(errors_table(), kPlainStyle),
            "40 wrong answers  verdicts  share          95 %\n"
            "image                   28   75 %  [50.0, 90.0]  ██████████████████\n"
            "text                     0  0.0 %   [0.0, 10.0]\n"
            "model                    7   25 %  [10.0, 50.0]  ██████\n"
            "undecided                5\n"
            "\n"
            "group  wrong  image  text  model  undecided\n"
            "easy      40     28     0      7          5\n");
}

TEST(TraceView, ShowsSharesOfGroupsWhereThereIsRoom) {
  TextStyle wide = kPlainStyle;
  wide.width = 100;
  const std::string text = to_trace_summary(errors_table(), wide);
  EXPECT_NE(text.find("share image  share text  share model\neasy      40 "), std::string::npos) << text;
}

TEST(TraceView, IsForTablesOfTracesOnly) {
  EXPECT_TRUE(is_trace(errors_table()));
  ScoreTable other;
  other.rows.push_back(row_of("image", "permutation.drop", 0.1));
  EXPECT_FALSE(is_trace(other));
}

Detail evidence_of(std::string name, std::int64_t repaired, double p_value, double p_label) {
  return {std::move(name), Detail::Object{{{"repaired", repaired},
                                           {"donors", std::int64_t{100}},
                                           {"p_data", p_value},
                                           {"p_encoding", std::monostate{}},
                                           {"p_data_label", p_label}}}};
}

ScoreTable example_table(std::optional<std::string> verdict) {
  ScoreTable table;
  table.modalities = {"image", "text"};
  table.examples_are_chosen = true;
  ExampleRecord record{.id = "17", .label = 2.0, .predicted = 1, .target = std::nullopt, .attribution = {}};
  record.label_name = "cat";
  record.predicted_name = "dog";
  record.texts = {{1, "what is it"}};
  Detail verdict_detail{"verdict", std::monostate{}};
  if (verdict) verdict_detail.value = *verdict;
  record.attribution.details = {
      {"right", !verdict.has_value()},
      {"probability_of_label", 0.25},
      std::move(verdict_detail),
      {"confidence", 0.9},
      {"evidence", Detail::Object{{evidence_of("image", 94, 0.0025, 0.5), evidence_of("text", 3, 0.4, 0.01)}}},
      {"probability", Detail::Object{{{"image", 0.9}, {"text", 0.04}, {"model", 0.06}}}},
      {"where", Detail::Object{{{"modality", std::string("image")},
                                {"players", Detail::List{{{"", Detail::Object{{{"name", std::string("0,4")}}}},
                                                          {"", Detail::Object{{{"name", std::string("2,2")}}}}}}},
                                {"value", 0.25},
                                {"value_without", 0.75}}}}};
  table.examples.push_back(std::move(record));
  return table;
}

TEST(TraceView, TellsTheEvidenceInWords) {
  EXPECT_EQ(to_trace_examples(example_table("image"), kPlainStyle),
            "\n"
            "example 17 · label cat · answer dog · wrong · verdict: image (90 %)\n"
            "  text: what is it\n"
            "  with another image the right answer comes in 94 of 100 cases; the image is\n"
            "  unusual (1 in 400)\n"
            "  with another text the right answer comes in 3 of 100 cases; the text is\n"
            "  unusual for this label (1 in 100)\n"
            "  the model gives the right answer 25 %; what is behind the error:\n"
            "    image    90 %  █████████████████████▋\n"
            "    text    4.0 %  █\n"
            "    model   6.0 %  █▌\n"
            "  in the image: without 0,4; 2,2 the value of the right answer goes from 0.2500\n"
            "  to 0.7500\n");
}

TEST(TraceView, DoesNotLookForAPlaceWhereTheModelIsToBlame) {
  EXPECT_EQ(to_trace_examples(example_table("model"), kPlainStyle).find("without 0,4"), std::string::npos);
}

TEST(TraceView, TellsOfRightAnswersThatTheyStayRight) {
  const std::string text = to_trace_examples(example_table(std::nullopt), kPlainStyle);
  EXPECT_NE(text.find("· right\n"), std::string::npos) << text;
  EXPECT_NE(text.find("with another image the answer stays right in 94 of 100 cases"), std::string::npos) << text;
  EXPECT_EQ(text.find("verdict"), std::string::npos) << text;
}

TEST(TraceView, KeepsControlCharactersOffTheTerminal) {
  ScoreTable table = example_table("image");
  table.examples.front().label_name = "c\x1b[31mat";
  table.examples.front().texts = {{1, "\x1b]0;x\x07 what"}};
  EXPECT_EQ(to_trace_examples(table, kPlainStyle).find('\x1b'), std::string::npos);
}

TEST(TraceView, ComparesVerdictsWithSimpleRules) {
  ScoreTable table;
  table.rows = {row_of("balanced", "trace.hit", 0.97, {}, Interval{0.96, 0.98}),
                row_of("balanced", "trace.hit_typicality", 0.95, {}, Interval{0.94, 0.96}),
                row_of("image", "trace.hit", 1.0, "noise"), row_of("image", "trace.decided", 0.5, "noise"),
                row_of("balanced", "trace.reliability", 0.8, "confidence 0.7 to 0.8")};
  const std::string text = to_trace_summary(table, kPlainStyle);
  EXPECT_NE(text.find("image     noise     40  100.0 %     50 %"), std::string::npos) << text;
  EXPECT_NE(text.find("the least typical data  95 %  [94.0, 96.0]"), std::string::npos) << text;
  EXPECT_NE(text.find("confidence 0.7 to 0.8"), std::string::npos) << text;
}

}  // namespace
}  // namespace modattr::trace_view_test
