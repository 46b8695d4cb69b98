#include "modattr/core/evaluation_header.h"

#include <gtest/gtest.h>

namespace modattr {
namespace {

EvaluationHeader header_of(std::optional<std::uint64_t> budget) {
  EvaluationHeader header{.engine = "shap"};
  header.add_text("index", "owen");
  header.add_count("budget", budget);
  return header;
}

TEST(EvaluationHeader, WritesValuesAsText) {
  EvaluationHeader header;
  header.add_number("tolerance", 0.1);
  header.add_number("alpha", std::nullopt);
  header.add_text("within", std::nullopt);
  header.add_counts("modalities", std::vector<std::size_t>{2, 0});
  EXPECT_EQ(header.fields,
            (std::vector<EvaluationHeader::Field>{
                {"tolerance", "0.10000000000000001"}, {"alpha", "none"}, {"within", "none"}, {"modalities", "2 0"}}));
}

TEST(EvaluationHeader, TellsWhatDiffers) {
  const EvaluationHeader header = header_of(100);
  EXPECT_EQ(header.difference(header_of(100)), std::nullopt);
  EXPECT_EQ(header.difference(header_of(200)), "expected budget '100', got budget '200'");
  EvaluationHeader other = header_of(100);
  other.add_count("seed", 3);
  EXPECT_EQ(header.difference(other), "expected nothing more, got seed '3'");
  EXPECT_EQ(other.difference(header), "expected seed '3', got nothing more");
  other = header_of(100);
  other.engine = "lime";
  EXPECT_EQ(header.difference(other), "expected engine 'shap', got 'lime'");
  other = header_of(100);
  other.layout = 2;
  EXPECT_EQ(header.difference(other), "expected layout 1, got 2 of another version");
  other = header_of(100);
  other.shared = "x";
  EXPECT_TRUE(header.difference(other).has_value());
}

}  // namespace
}  // namespace modattr
