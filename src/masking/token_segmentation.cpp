#include <memory>
#include <string>

#include "modattr/data/array_tensor.h"
#include "segmentation_subject.h"
#include "token_words.h"

namespace modattr {
namespace {

/// Positions of a sequence of ids.
class TokenSegmentation final : public Segmentation {
 public:
  explicit TokenSegmentation(const SegmentationSubject& subject)
      : options_(subject.options),
        modality_(subject.modality),
        dataset_(subject.dataset),
        inputs_(subject.inputs.begin(), subject.inputs.end()),
        whole_(std::make_shared<const PlayerLayout>(whole_layout(subject))),
        words_(subject) {
    const Array& ids = subject.array(0);
    if (!has_token_ids(subject)) {
      subject.fail("token ids, int64[examples, positions], as the first input", describe(ids), "use column or element");
    }
    for (std::size_t place = 1; place < inputs_.size(); ++place) {
      const Array& other = subject.array(place);
      if (other.shape.size() < 2 || other.shape[1] != ids.shape[1]) {
        subject.fail("inputs with as many positions as '" + ids.name + "'", describe(other), "use mask");
      }
    }
  }

  std::shared_ptr<const PlayerLayout> layout(std::size_t example) const override {
    auto layout = std::make_shared<PlayerLayout>();
    std::vector<std::size_t> first_positions;
    const auto position_count = static_cast<std::size_t>(dataset_.input(inputs_.front().input).shape[1]);
    Numbers player_of_position(position_count, kNoPlayer);
    for (const TokenWord& word : words_.of(example)) {
      if (word.continues && options_.type == PlayerType::kWord) {
        layout->labels.back() += word.text.starts_with("##") ? word.text.substr(2) : word.text;
      } else {
        layout->labels.push_back(word.text);
        first_positions.push_back(word.position);
      }
      player_of_position[word.position] = static_cast<std::int64_t>(layout->labels.size() - 1);
    }
    if (layout->labels.empty()) return whole_;
    check_player_count(modality_, *layout);
    tell_apart(layout->labels, first_positions);
    layout->inputs = position_runs(dataset_, inputs_, player_of_position);
    return layout;
  }
  bool is_shared() const noexcept override { return false; }

 private:
  SegmentationOptions options_;
  std::string modality_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  /// Of examples with special ids only: what removes the modality removes them, too.
  std::shared_ptr<const PlayerLayout> whole_;
  TokenWords words_;
};

}  // namespace

std::unique_ptr<Segmentation> make_token_segmentation(const SegmentationSubject& subject) {
  auto tokens = std::make_unique<TokenSegmentation>(subject);
  const std::size_t ids = subject.inputs.front().input;
  if (subject.options.tokenizer && subject.dataset.origin_kind(ids) == OriginKind::kText) {
    return make_text_segmentation(subject);
  }
  if (subject.options.type == PlayerType::kSentence) {
    subject.fail("texts of a manifest, which have sentences", "ids of '" + subject.array(0).name + "'", "use word");
  }
  return tokens;
}

}  // namespace modattr
