#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "modattr/data/raw/manifest.h"
#include "modattr/tokenizers/tokenizer.h"
#include "modattr/value/games/player_variants.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

/// A manifest of one column of texts, with ids and an attention mask of BERT's tokenizer, seven positions long.
class TextVariantsTest : public testing::Test {
 protected:
  TextVariantsTest() {
    write_file(folder_ / "vocab.txt",
               "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\nsat\nhere\nrun\n##ning\n?\n-\nblue\n");
    tokenizer_ = open_tokenizer(folder_ / "vocab.txt");
  }

  Dataset open(const std::string& name, const std::vector<std::string>& texts) {
    std::string rows;
    for (const std::string& text : texts) rows += R"({"text": ")" + text + "\"}\n";
    write_file(folder_ / name, rows);
    ManifestOptions manifest{.path = folder_ / name};
    for (const TextPart part : {TextPart::kIds, TextPart::kAttentionMask}) {
      manifest.inputs.emplace_back(TextPartInput{.input = part == TextPart::kIds ? "ids" : "mask",
                                                 .column = "text",
                                                 .part = part,
                                                 .tokenizer = tokenizer_,
                                                 .length = 7});
    }
    return Dataset({.path = manifest.path, .inputs = {"ids", "mask"}, .source = open_manifest(manifest)});
  }

  /// Rows of both inputs for coalitions of the words of the first text; `left`: what is left of it, by the words that
  /// are present.
  void expect_rows(const std::string& text, const std::map<std::vector<std::size_t>, std::string>& left) {
    const Dataset dataset = open("val.jsonl", {text, "cat"});
    const InputLayout layout = make_input_layout(std::vector<ModalityInputs>{{"text", {{"ids", {}}, {"mask", {}}}}});
    const ModalityRows rows(dataset, layout);
    const std::vector<std::size_t> inputs = {0, 1};
    RemovalRows::Parts parts{.dataset = dataset, .layout = layout, .rows = rows, .baselines = {}};
    parts.baselines.push_back(make_baseline({.type = RemovalType::kEmpty}, "text", dataset, inputs));
    const RemovalRows removal(std::move(parts));
    SegmentationOptions options{.type = PlayerType::kWord};
    options.tokenizer = tokenizer_;
    options.removes_in_text = true;
    const std::vector<SegmentedInput> segmented = {{.input = 0}, {.input = 1}};
    std::vector<std::unique_ptr<Segmentation>> segmentations;
    segmentations.push_back(make_segmentation(options, "text", dataset, segmented));
    const std::size_t player_count = segmentations.front()->layout(0)->labels.size();

    PlayerVariants variants(
        {.dataset = dataset, .layout = layout, .removal = removal, .segmentations = segmentations, .inputs = {inputs}});
    for (const auto& [present, reduced] : left) {
      Coalition coalition = Coalition::full(player_count);
      for (std::size_t player = 0; player < player_count; ++player) {
        if (std::ranges::find(present, player) == present.end()) coalition = coalition.without(player);
      }
      const std::uint32_t row = variants.row(0, 0, coalition, 0);
      const Dataset expected = open("reduced.jsonl", {reduced});
      for (const std::size_t input : inputs) {
        const std::vector<std::uint32_t> first = {0};
        const std::vector<std::uint32_t> synthetic = {row - static_cast<std::uint32_t>(dataset.example_count())};
        const at::Tensor found =
            present.size() == player_count ? dataset.gather(input, first) : variants.gather(input, 0, synthetic);
        EXPECT_TRUE(at::equal(found, expected.gather(input, first))) << reduced << ": " << found;
      }
    }
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

TEST_F(TextVariantsTest, AreTheRowsOfWhatIsLeftOfTheText) {
  expect_rows("the running cat?", {{{}, ""},
                                   {{0}, "the"},
                                   {{1, 3}, "running?"},
                                   {{0, 2}, "the cat"},
                                   {{1, 2, 3}, "running cat?"},
                                   {{0, 1, 2, 3}, "the running cat?"}});
}

TEST_F(TextVariantsTest, HoldNoWordThatWasTruncated) {
  // "running" is seen in part, "here" is not.
  expect_rows("the blue-cat running here", {{{1, 2, 3, 4}, "blue-cat running"}, {{0, 4}, "the running"}, {{}, ""}});
}

}  // namespace
}  // namespace modattr
