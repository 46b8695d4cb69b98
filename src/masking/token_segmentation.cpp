#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "modattr/data/array_tensor.h"
#include "modattr/masking/attention.h"
#include "segmentation_subject.h"

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
        whole_(std::make_shared<const PlayerLayout>(whole_layout(subject))) {
    const Array& ids = subject.array(0);
    if (!is_integral(ids) || ids.dtype == c10::ScalarType::Bool || ids.shape.size() != 2) {
      subject.fail("token ids, int64[examples, positions], as the first input", describe(ids), "use column or element");
    }
    for (std::size_t place = 1; place < inputs_.size(); ++place) {
      const Array& other = subject.array(place);
      if (other.shape.size() < 2 || other.shape[1] != ids.shape[1]) {
        subject.fail("inputs with as many positions as '" + ids.name + "'", describe(other), "use mask");
      }
    }
    for (std::size_t place = 1; place < inputs_.size() && !mask_; ++place) {
      if (inputs_[place].columns.empty()) mask_ = AttentionMask::find(subject.array(place), ids);
      mask_input_ = inputs_[place].input;
    }
    begins_words_ = std::ranges::any_of(options_.vocabulary, [](const std::string& word) {
      return word.starts_with("\u2581") || word.starts_with("\u0120");
    });
  }

  std::shared_ptr<const PlayerLayout> layout(std::size_t example) const override {
    const auto number = static_cast<std::uint32_t>(example);
    const Numbers ids = to_integers_of(dataset_.gather(inputs_.front().input, std::span(&number, 1)));
    const std::vector<bool> seen = seen_positions(example, ids.size());
    auto layout = std::make_shared<PlayerLayout>();
    std::vector<std::size_t> first_positions;
    Numbers player_of_position(ids.size(), kNoPlayer);
    bool joins = false;
    for (std::size_t position = 0; position < ids.size(); ++position) {
      const bool is_special =
          !seen[position] || std::ranges::find(options_.special_ids, ids[position]) != options_.special_ids.end();
      if (is_special || !is_own(inputs_.front(), dataset_.input(inputs_.front().input), position)) {
        joins = false;
        continue;
      }
      const std::string word = word_of(ids[position]);
      if (joins && options_.type == PlayerType::kWord && continues(word)) {
        layout->labels.back() += word.starts_with("##") ? word.substr(2) : word;
      } else {
        layout->labels.push_back(word);
        first_positions.push_back(position);
      }
      joins = true;
      player_of_position[position] = static_cast<std::int64_t>(layout->labels.size() - 1);
    }
    if (layout->labels.empty()) return whole_;
    check_player_count(modality_, *layout);
    tell_apart(layout->labels, first_positions);
    for (const SegmentedInput& input : inputs_) {
      const Numbers shape = row_shape(dataset_.input(input.input));
      const std::size_t per_position = element_count(shape) / std::max<std::size_t>(ids.size(), 1);
      Numbers players;
      for (const std::int64_t player : player_of_position) players.insert(players.end(), per_position, player);
      layout->inputs.push_back(runs_of(players));
    }
    return layout;
  }
  bool is_shared() const noexcept override { return false; }

 private:
  static Numbers to_integers_of(const at::Tensor& tensor) {
    const at::Tensor wide = tensor.to(at::kLong).contiguous();
    return {wide.data_ptr<std::int64_t>(), wide.data_ptr<std::int64_t>() + wide.numel()};
  }
  /// Positions that the attention mask sees; all, where there is no mask.
  std::vector<bool> seen_positions(std::size_t example, std::size_t count) const {
    return mask_ ? mask_->read(dataset_.input_row(mask_input_, example), 1) : std::vector<bool>(count, true);
  }
  /// Words that occur again carry their position: the@3.
  static void tell_apart(std::vector<std::string>& labels, const std::vector<std::size_t>& first_positions) {
    std::map<std::string, std::size_t> counts;
    for (const std::string& label : labels) ++counts[label];
    for (std::size_t player = 0; player < labels.size(); ++player) {
      if (counts.at(labels[player]) > 1) labels[player] += "@" + std::to_string(first_positions[player]);
    }
  }
  std::string word_of(std::int64_t id) const {
    const bool known = id >= 0 && static_cast<std::size_t>(id) < options_.vocabulary.size();
    return known ? options_.vocabulary[static_cast<std::size_t>(id)] : std::to_string(id);
  }
  bool continues(const std::string& word) const {
    if (begins_words_) return !word.starts_with("\u2581") && !word.starts_with("\u0120");
    return word.starts_with("##");
  }

  SegmentationOptions options_;
  std::string modality_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  /// Of examples with special ids only: what removes the modality removes them, too.
  std::shared_ptr<const PlayerLayout> whole_;
  bool begins_words_ = false;
  /// Of the modality's own inputs, the one that says which positions are words.
  std::optional<AttentionMask> mask_;
  std::size_t mask_input_ = 0;
};

}  // namespace

std::unique_ptr<Segmentation> make_token_segmentation(const SegmentationSubject& subject) {
  return std::make_unique<TokenSegmentation>(subject);
}

}  // namespace modattr
