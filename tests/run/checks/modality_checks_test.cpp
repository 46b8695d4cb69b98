#include "run/checks/modality_checks.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "run/run_set.h"
#include "support/thrown_message.h"

namespace modattr::modality_checks_test {
namespace {

/// Ids and pictures, of which a model makes one number.
class TextSet : public RunSet {
 public:
  TextSet() {
    model("def forward(self, a, b): return a.float().sum(1) + b.sum([1, 2, 3])");
    data({TestArray::of<std::uint8_t>("a", {2, 3}, {1, 2, 3, 4, 0, 0}),
          TestArray::of<float>("b", {2, 1, 4, 4}, std::vector<float>(32, 0.5F)),
          TestArray::of<std::int64_t>("label", {2}, {0, 1})});
    config["modalities"] = {{{"name", "a"}, {"kind", "tokens"}, {"inputs", {"a"}}},
                            {{"name", "b"}, {"kind", "image"}, {"inputs", {"b"}}}};
  }
};

std::string refusal_of(RunSet& set) {
  return thrown_message<ConfigError>([&] { set.open(); });
}

TEST(ModalityChecks, NameTheKeyOfAVocabulary) {
  TextSet set;
  set.config["modalities"][0]["vocab"] = "vocab.txt";
  EXPECT_TRUE(mentions(refusal_of(set), {"modalities[0].vocab: expected a file with one word per line", "vocab.txt"}));
  write_file(set.write_config().parent_path() / "vocab.txt", "pad\na\nb\nc\n");
  EXPECT_TRUE(
      mentions(refusal_of(set), {"modalities[0].vocab: expected at least 5 words as 'a' holds the id 4, got 4"}));
  set.config["modalities"][0]["special_ids"] = {4};
  EXPECT_NO_THROW(set.open());
}

TEST(ModalityChecks, NameTheKeyOfAnId) {
  TextSet set;
  set.config["modalities"][0]["removal"] = {{"type", "token"}, {"id", 256}};
  EXPECT_TRUE(mentions(refusal_of(set), {"modalities[0].removal.id: expected 0 to 255 as 'a' is uint8, got 256"}));
  set.config["modalities"][0]["removal"]["id"] = 255;
  EXPECT_NO_THROW(set.open());
}

TEST(ModalityChecks, NameTheKeyOfPlayers) {
  TextSet set;
  set.config["modalities"][1]["players"] = {{"type", "word"}};
  EXPECT_TRUE(mentions(refusal_of(set), {"modalities[1].players.type: expected token ids", "got float32[2, 1, 4, 4]"}));
  set.config["modalities"][1]["players"] = {{"type", "patch"}, {"size", {4, 5}}};
  EXPECT_TRUE(
      mentions(refusal_of(set), {"modalities[1].players.size: expected at most [4, 4], the size of 'b', got [4, 5]"}));
  set.config["modalities"][1]["players"] = {{"type", "segment"}, {"size", 5}};
  EXPECT_TRUE(mentions(refusal_of(set), {"players.size: expected at most 4, the size of 'b', got 5"}));
  set.config["modalities"][1]["players"] = {{"type", "patch"}, {"size", 4}};
  EXPECT_NO_THROW(set.open());
}

TEST(ModalityChecks, WarnOfDataInNoModality) {
  RunSet set;
  set.model("def forward(self, a, b: Optional[Tensor] = None): return a");
  set.config["modalities"] = {{{"name", "a"}, {"kind", "columns"}, {"inputs", {"a[1]"}}}};
  const std::vector<std::string> warnings = set.open()->warnings();
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_TRUE(mentions(warnings[0], {"'b' of ", "is in no modality", "default"}));
  EXPECT_TRUE(mentions(warnings[1], {"a[0] is in no modality"}));
}

TEST(ModalityChecks, WarnOfDataThatIsTheSameInEveryRow) {
  RunSet set;
  std::vector<TestArray> arrays = RunSet::arrays();
  arrays[1] = TestArray::of<float>("b", {6, 2}, {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2});
  set.data(arrays);
  const std::vector<std::string> warnings = set.open()->warnings();
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(mentions(warnings[0], {"modality 'b' has the same data in every row of ", "it scores 0 by permutation"}));
  // Of its own columns alone.
  set.model("def forward(self, b): return b");
  set.config["modalities"] = {{{"name", "first"}, {"kind", "columns"}, {"inputs", {"b[0]"}}},
                              {{"name", "second"}, {"kind", "columns"}, {"inputs", {"b[1]"}}}};
  arrays[1] = TestArray::of<float>("b", {6, 2}, {1, 2, 1, 3, 1, 2, 1, 2, 1, 2, 1, 2});
  set.data(arrays);
  const std::vector<std::string> of_columns = set.open()->warnings();
  ASSERT_EQ(of_columns.size(), 1U);
  EXPECT_TRUE(mentions(of_columns[0], {"modality 'first' has the same data"}));
}

TEST(ModalityChecks, WarnOfAModalityWithoutData) {
  RunSet set;
  set.model("def forward(self, a, b): return a + b.sum(1, keepdim=True)");
  std::vector<TestArray> arrays = RunSet::arrays();
  arrays[1] = TestArray::of<float>("b", {6, 0}, {});
  set.data(arrays);
  const std::vector<std::string> warnings = set.open()->warnings();
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0], "modality 'b' has no data: its score is 0 whatever the model does");
}

}  // namespace
}  // namespace modattr::modality_checks_test
