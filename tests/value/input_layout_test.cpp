#include "modattr/value/input_layout.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/rng.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

InputReference reference(std::string_view text) {
  return parse_input_reference(text).value();
}

std::string written(const InputReference& reference) {
  std::string text = reference.input;
  for (std::size_t index = 0; index < reference.columns.size(); ++index) {
    const ColumnRange& range = reference.columns[index];
    text += (index == 0 ? "[" : ",") + std::to_string(range.first) + ":" + std::to_string(range.end);
  }
  return reference.columns.empty() ? text : text + "]";
}

TEST(InputReference, NamesAWholeInput) {
  for (const char* const name : {"x", "input_ids", "x.y", "x y", "x]"}) {
    EXPECT_EQ(reference(name).input, name);
    EXPECT_TRUE(reference(name).columns.empty());
  }
}

TEST(InputReference, NamesColumns) {
  EXPECT_EQ(written(reference("x[3]")), "x[3:4]");
  EXPECT_EQ(written(reference("x[0:216]")), "x[0:216]");
  EXPECT_EQ(written(reference("x[0,3,5:9]")), "x[0:1,3:4,5:9]");
  EXPECT_EQ(written(reference("x[9,0:2]")), "x[9:10,0:2]");
  EXPECT_EQ(written(reference("x[0:9223372036854775806]")), "x[0:9223372036854775806]");
}

TEST(InputReference, HasNoOtherForm) {
  for (const char* const text : {"",
                                 "[0]",
                                 "x[",
                                 "x[]",
                                 "x[0",
                                 "x]0[",
                                 "x[0]]",
                                 "x[0]y",
                                 "x[0][1]",
                                 "x[,]",
                                 "x[0,]",
                                 "x[,0]",
                                 "x[a]",
                                 "x[0:]",
                                 "x[:3]",
                                 "x[:]",
                                 "x[-1]",
                                 "x[-1:3]",
                                 "x[-0]",
                                 "x[+1]",
                                 "x[1.5]",
                                 "x[ 1]",
                                 "x[1 ]",
                                 "x[0:1:2]",
                                 "x[0x1]",
                                 "x[99999999999999999999]",
                                 "x[9223372036854775807]",
                                 "x[0:9223372036854775807]",
                                 "x[3:3]",
                                 "x[4:3]"}) {
    EXPECT_FALSE(parse_input_reference(text)) << text;
  }
}

TEST(InputReference, NamesNoColumnTwice) {
  for (const char* const text : {"x[0,0]", "x[0:3,2]", "x[2,0:3]", "x[0:3,1:2]", "x[5:9,0:6]"}) {
    EXPECT_FALSE(parse_input_reference(text)) << text;
  }
  EXPECT_TRUE(parse_input_reference("x[0:3,3:5,5]"));
}

TEST(InputReference, SurvivesAnyText) {
  RandomStream stream = Rng(12).stream(RandomPurpose::kBackground, 0, 0);
  constexpr std::string_view kLetters = "x[]:,0123459-+ \n\0";
  std::size_t accepted = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string text = trial % 2 == 0 ? "x[" : "";
    for (std::uint32_t left = stream.below(12); left > 0; --left) {
      text += kLetters[stream.below(static_cast<std::uint32_t>(kLetters.size()))];
    }
    if (trial % 2 == 0) text += ']';
    const std::optional<InputReference> parsed = parse_input_reference(text);
    if (!parsed) continue;
    ++accepted;
    EXPECT_FALSE(parsed->input.empty());
    for (const ColumnRange& range : parsed->columns) {
      EXPECT_GE(range.first, 0);
      EXPECT_LT(range.first, range.end);
    }
    // What was read says the same when it is written and read again.
    EXPECT_EQ(written(reference(written(*parsed))), written(*parsed)) << text;
  }
  EXPECT_GT(accepted, 100U);
}

TEST(InputLayout, GathersThePartsOfEveryInput) {
  const std::vector<ModalityInputs> modalities = {{"text", {reference("ids"), reference("x[2:4]")}},
                                                  {"image", {reference("pixels"), reference("x[0,7]")}}};
  const InputLayout layout = make_input_layout(modalities);
  EXPECT_EQ(layout.input_names(), (std::vector<std::string>{"ids", "x", "pixels"}));
  EXPECT_EQ(layout.modalities.modality_name(1), "image");
  ASSERT_EQ(layout.inputs[1].parts.size(), 2U);
  EXPECT_EQ(layout.inputs[1].parts[0].modality, 0U);
  EXPECT_EQ(layout.inputs[1].parts[1].modality, 1U);
  EXPECT_EQ(layout.inputs[1].parts[1].columns.size(), 2U);
  EXPECT_TRUE(layout.inputs[2].parts[0].columns.empty());
}

TEST(InputLayout, LetsAModalityTakeSeveralPartsOfAnInput) {
  const std::vector<ModalityInputs> modalities = {{"a", {reference("x[0:2]"), reference("x[4:6]")}}};
  EXPECT_EQ(make_input_layout(modalities).inputs[0].parts.size(), 2U);
}

TEST(InputLayout, RefusesPartsThatOverlap) {
  const std::vector<std::pair<const char*, const char*>> overlapping = {
      {"x", "x"}, {"x", "x[0]"}, {"x[3]", "x"}, {"x[0:5]", "x[4:6]"}, {"x[0,3]", "x[1,3]"}};
  for (const auto& [first, second] : overlapping) {
    const std::vector<ModalityInputs> apart = {{"a", {reference(first)}}, {"b", {reference(second)}}};
    EXPECT_EQ(thrown_message<ConfigError>([&] { return make_input_layout(apart); }),
              "modalities: expected parts of input 'x' that do not overlap, got 'a' and 'b' on the same data");
    const std::vector<ModalityInputs> together = {{"a", {reference(first), reference(second)}}};
    EXPECT_THROW(static_cast<void>(make_input_layout(together)), ConfigError);
  }
}

TEST(InputLayout, RefusesTwoModalitiesOfOneName) {
  const std::vector<ModalityInputs> modalities = {{"a", {reference("x")}}, {"a", {reference("y")}}};
  EXPECT_THROW(static_cast<void>(make_input_layout(modalities)), ConfigError);
}

}  // namespace
}  // namespace modattr
