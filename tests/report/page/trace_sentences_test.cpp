#include "report/page/trace_sentences.h"

#include <gtest/gtest.h>

namespace modattr {
namespace {

Detail object(const std::string& name, std::vector<Detail> members) {
  return {.name = name, .value = Detail::Object{std::move(members)}};
}

std::vector<Detail> evidence_of_image(double p_data, double p_data_label) {
  return {{.name = "right", .value = false},
          {.name = "verdict", .value = std::string("image")},
          {.name = "confidence", .value = 0.92},
          {.name = "probability_of_label", .value = 0.093},
          object("evidence", {object("image", {{.name = "repaired", .value = std::int64_t{22}},
                                               {.name = "donors", .value = std::int64_t{100}},
                                               {.name = "p_data", .value = p_data},
                                               {.name = "p_encoding", .value = 0.5},
                                               {.name = "p_behaviour", .value = 0.6},
                                               {.name = "p_data_label", .value = p_data_label}})}),
          object("probability", {{.name = "image", .value = 0.92}, {.name = "model", .value = 0.08}})};
}

TEST(TraceSentences, SayTheEvidenceInWords) {
  const TraceSentences sentences = trace_sentences(evidence_of_image(0.0123, 0.5));
  EXPECT_EQ(sentences.is_right, false);
  EXPECT_EQ(sentences.verdict, "image");
  EXPECT_EQ(sentences.confidence, 0.92);
  ASSERT_EQ(sentences.evidence.size(), 2U);
  // The smallest of three p-values counts for three.
  EXPECT_EQ(sentences.evidence[0],
            "With another image the right answer comes in 22 of 100 cases; the image is unusual (1 in 27).");
  EXPECT_EQ(sentences.evidence[1], "The model gives the right answer 9.3 %.");
  ASSERT_EQ(sentences.probabilities.size(), 2U);
  EXPECT_EQ(sentences.probabilities[1].first, "model");
}

TEST(TraceSentences, TellWhatIsUnusualForTheLabelOnly) {
  EXPECT_TRUE(
      trace_sentences(evidence_of_image(0.5, 0.01)).evidence[0].ends_with("is unusual for this label (1 in 100)."));
  EXPECT_TRUE(trace_sentences(evidence_of_image(0.5, 0.5)).evidence[0].ends_with("is not unusual."));
}

TEST(TraceSentences, SayWhereAnAnswerCanBeRepaired) {
  std::vector<Detail> details = evidence_of_image(0.5, 0.5);
  const Detail player{.name = "", .value = Detail::Object{{{.name = "name", .value = std::string("0,4")}}}};
  details.push_back(object("where", {{.name = "modality", .value = std::string("image")},
                                     {.name = "players", .value = Detail::List{{player}}},
                                     {.name = "value", .value = 0.0929},
                                     {.name = "value_without", .value = 0.514}}));
  EXPECT_EQ(trace_sentences(details).evidence.back(),
            "In the image: without 0,4 the value of the right answer goes from 0.0929 to 0.5140.");
}

TEST(TraceSentences, OfDetailsOfAnotherFormAreFew) {
  const TraceSentences sentences = trace_sentences({{.name = "evidence", .value = std::string("none")},
                                                    {.name = "probability", .value = 1.0},
                                                    {.name = "where", .value = std::monostate{}}});
  EXPECT_EQ(sentences.is_right, std::nullopt);
  EXPECT_TRUE(sentences.evidence.empty());
  EXPECT_TRUE(sentences.probabilities.empty());
}

}  // namespace
}  // namespace modattr
