#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "modattr/data/array_tensor.h"
#include "modattr/tokenizers/text_units.h"
#include "modattr/tokenizers/tokenizer.h"
#include "segmentation_subject.h"

namespace modattr {
namespace {

/// Words, sentences or tokens of the texts that ids were made of.
class TextSegmentation final : public Segmentation {
 public:
  explicit TextSegmentation(const SegmentationSubject& subject)
      : options_(subject.options),
        modality_(subject.modality),
        dataset_(subject.dataset),
        inputs_(subject.inputs.begin(), subject.inputs.end()),
        whole_(std::make_shared<const PlayerLayout>(whole_layout(subject))) {}

  std::shared_ptr<const PlayerLayout> layout(std::size_t example) const override {
    const std::string_view text = dataset_.origin(inputs_.front().input, example).value_or("");
    const auto length = static_cast<std::size_t>(dataset_.input(inputs_.front().input).shape[1]);
    const Encoding encoding = options_.tokenizer->encode({.text = text}, {.length = length});
    const std::vector<TextSpan> units = units_of(text, encoding);
    Numbers player_of_unit(units.size(), kNoPlayer);
    Numbers player_of_position(length, kNoPlayer);
    std::vector<bool> is_seen(units.size(), false);
    auto layout = std::make_shared<PlayerLayout>();
    std::vector<std::size_t> unit_of_player;
    for (std::size_t position = 0; position < std::min(length, encoding.size()); ++position) {
      if (encoding.is_special[position] || units.empty()) continue;
      const std::size_t unit = unit_at(units, text, encoding.spans[position]);
      is_seen[unit] = true;
      if (!is_part_of_text(encoding, position)) continue;
      std::int64_t& player = player_of_unit[unit];
      if (player == kNoPlayer) {
        player = static_cast<std::int64_t>(layout->labels.size());
        layout->labels.push_back(label_of(text, units[unit]));
        unit_of_player.push_back(unit);
      }
      player_of_position[position] = player;
    }
    if (layout->labels.empty()) return whole_;
    check_player_count(modality_, *layout);
    tell_apart(layout->labels, unit_of_player);
    layout->inputs = position_runs(dataset_, inputs_, player_of_position);
    if (options_.removes_in_text) layout->pieces = pieces_of(text, units, player_of_unit, is_seen);
    return layout;
  }
  bool is_shared() const noexcept override { return false; }

 private:
  std::vector<TextSpan> units_of(std::string_view text, const Encoding& encoding) const {
    if (options_.type == PlayerType::kWord) return words_of(text);
    if (options_.type == PlayerType::kSentence) return sentences_of(text);
    std::vector<TextSpan> tokens;
    for (std::size_t position = 0; position < encoding.size(); ++position) {
      if (is_part_of_text(encoding, position)) tokens.push_back(encoding.spans[position]);
    }
    return tokens;
  }

  bool is_part_of_text(const Encoding& encoding, std::size_t position) const {
    return !encoding.is_special[position] &&
           std::ranges::find(options_.special_ids, encoding.ids[position]) == options_.special_ids.end();
  }

  /// The last unit that begins where a token does, or before; white space in front of a token is none of it.
  static std::size_t unit_at(const std::vector<TextSpan>& units, std::string_view text, TextSpan span) {
    std::size_t byte = span.first;
    while (byte + 1 < span.end && (text[byte] == ' ' || (text[byte] >= '\t' && text[byte] <= '\r'))) ++byte;
    const auto after = std::ranges::upper_bound(units, byte, {}, &TextSpan::first);
    return after == units.begin() ? 0 : static_cast<std::size_t>(after - units.begin()) - 1;
  }

  /// The text that the model sees: units that were truncated are none of it. A unit without a token of its own goes
  /// with the one before it.
  static std::vector<TextPiece> pieces_of(std::string_view text, const std::vector<TextSpan>& units,
                                          const Numbers& player_of_unit, const std::vector<bool>& is_seen) {
    const auto first = static_cast<std::size_t>(std::ranges::find(is_seen, true) - is_seen.begin());
    std::size_t end = units.size();
    while (end > first && !is_seen[end - 1]) --end;
    std::vector<TextPiece> pieces;
    std::size_t written = first == 0 ? 0 : units[first].first;
    for (std::size_t unit = first; unit < end; ++unit) {
      TextPiece piece{.player = std::nullopt,
                      .gap = std::string(text.substr(written, units[unit].first - written)),
                      .text = std::string(text.substr(units[unit].first, units[unit].end - units[unit].first))};
      if (player_of_unit[unit] != kNoPlayer) piece.player = static_cast<std::uint32_t>(player_of_unit[unit]);
      if (!is_seen[unit]) piece.player = pieces.back().player;
      written = units[unit].end;
      if (unit + 1 == units.size()) piece.text += text.substr(written);
      pieces.push_back(std::move(piece));
    }
    return pieces;
  }

  static std::string label_of(std::string_view text, TextSpan unit) {
    std::string label(text.substr(unit.first, unit.end - unit.first));
    std::ranges::replace_if(
        label, [](char letter) { return letter >= 0 && letter < ' '; }, ' ');
    const std::size_t first = label.find_first_not_of(' ');
    return first == std::string::npos ? label : label.substr(first);
  }

  SegmentationOptions options_;
  std::string modality_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  /// Of texts of special tokens only.
  std::shared_ptr<const PlayerLayout> whole_;
};

}  // namespace

std::unique_ptr<Segmentation> make_text_segmentation(const SegmentationSubject& subject) {
  return std::make_unique<TextSegmentation>(subject);
}

}  // namespace modattr
