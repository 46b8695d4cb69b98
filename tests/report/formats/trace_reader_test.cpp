#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/report/formats/examples_reader.h"
#include "modattr/report/formats/examples_writer.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

const std::vector<std::string> kTraceModalities = {"image", "text"};

std::vector<ExampleRecord> read_traces(const std::string& text) {
  std::istringstream lines(text);
  TraceReader reader(lines, "trace.jsonl", kTraceModalities);
  std::vector<ExampleRecord> records;
  while (std::optional<ExampleRecord> record = reader.next()) records.push_back(std::move(*record));
  return records;
}

std::string written_traces(std::vector<ExampleRecord> records) {
  ScoreTable table;
  table.modalities = kTraceModalities;
  table.examples = std::move(records);
  return to_trace_lines(table);
}

ExampleRecord traced_record() {
  return {
      .id = "17",
      .label = 3.0,
      .predicted = 5,
      .target = std::nullopt,
      .attribution = {.modalities = {},
                      .interactions = {},
                      .players = {},
                      .evaluation_count = 300,
                      .method = "trace",
                      .details = {{"right", false},
                                  {"probability_of_label", 0.125},
                                  {"verdict", "image"},
                                  {"confidence", 0.97},
                                  {"evidence", Detail::Object{{{"image", Detail::Object{{{"blame", 0.6}}}}}}},
                                  {"probability", Detail::Object{{{"image", 0.97}, {"text", 0.02}, {"model", 0.01}}}}}},
      .label_name = "red",
      .predicted_name = "blue",
      .texts = {{1, "what color"}}};
}

TEST(TraceReader, ReadsWhatTheWriterWrites) {
  ExampleRecord right = traced_record();
  right.id = "a,b";
  right.label_name.reset();
  right.predicted_name.reset();
  right.attribution.details[2].value = std::monostate{};
  right.group = "counting";
  const std::string text = written_traces({traced_record(), right});
  const std::vector<ExampleRecord> records = read_traces(text);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].id, "17");
  EXPECT_EQ(records[0].label, 3.0);
  EXPECT_EQ(records[0].attribution.details[2].name, "verdict");
  EXPECT_EQ(records[0].group, std::nullopt);
  EXPECT_EQ(records[1].group, "counting");
  EXPECT_EQ(records[1].attribution.example, 1U);
  EXPECT_EQ(written_traces(records), text);
}

TEST(TraceReader, ReadsTheNameOfARun) {
  const std::vector<ExampleRecord> records =
      read_traces(R"({"id":1,"run":"trace-2","label":0,"predicted":1,"verdict":"model","evaluations":3})");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].run, "trace-2");
  EXPECT_EQ(records[0].attribution.details.size(), 1U);
}

TEST(TraceReader, NamesThePlaceOfWhatIsWrong) {
  const auto message = [](const std::string& line) { return thrown_message<DataError>([&] { read_traces(line); }); };
  EXPECT_EQ(message(R"({"id":1,"label":0,"predicted":1,"evaluations":3})"),
            "trace.jsonl:1: expected verdict, got no such key");
  EXPECT_EQ(message(R"({"id":1,"label":"x","predicted":1,"verdict":null,"evaluations":3})"),
            "trace.jsonl:1: expected a number or null at label, got \"x\"");
  EXPECT_EQ(message(R"({"id":1,"label":0,"predicted":1,"verdict":7,"evaluations":3})"),
            "trace.jsonl:1: expected a text or null at verdict, got 7");
  const std::string text = written_traces({traced_record()});
  for (std::size_t length = 1; length + 1 < text.size(); length += 5) {
    EXPECT_THROW(read_traces(text.substr(0, length)), DataError) << length;
  }
}

}  // namespace
}  // namespace modattr
