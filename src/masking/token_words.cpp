#include "token_words.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "modattr/data/array_tensor.h"
#include "modattr/masking/token_texts.h"

namespace modattr {
namespace {

/// What marks the start of a word, of SentencePiece and of BPE.
constexpr std::array<std::string_view, 2> kWordStarts = {"\u2581", "\u0120"};

/// Bytes of the mark at the front of a piece; 0 where there is none.
std::size_t word_start_bytes(const std::string& piece) {
  for (const std::string_view start : kWordStarts) {
    if (piece.starts_with(start)) return start.size();
  }
  return 0;
}

Numbers integers_of(const at::Tensor& tensor) {
  const at::Tensor wide = tensor.to(at::kLong).contiguous();
  return {wide.data_ptr<std::int64_t>(), wide.data_ptr<std::int64_t>() + wide.numel()};
}

}  // namespace

bool has_token_ids(const SegmentationSubject& subject) {
  const Array& ids = subject.array(0);
  return is_integral(ids) && ids.dtype != c10::ScalarType::Bool && ids.shape.size() == 2;
}

TokenWords::TokenWords(const SegmentationSubject& subject)
    : special_ids_(subject.options.special_ids),
      vocabulary_(subject.options.vocabulary),
      dataset_(subject.dataset),
      inputs_(subject.inputs.begin(), subject.inputs.end()) {
  for (std::size_t place = 1; place < inputs_.size() && !mask_; ++place) {
    if (inputs_[place].columns.empty()) mask_ = AttentionMask::find(subject.array(place), subject.array(0));
    mask_input_ = inputs_[place].input;
  }
  begins_words_ = std::ranges::any_of(vocabulary_, [](const std::string& word) { return word_start_bytes(word) > 0; });
}

std::vector<TokenWord> TokenWords::of(std::size_t example) const {
  const auto number = static_cast<std::uint32_t>(example);
  const Numbers ids = integers_of(dataset_.gather(inputs_.front().input, std::span(&number, 1)));
  const std::vector<bool> seen = seen_positions(example, ids.size());
  std::vector<TokenWord> words;
  bool joins = false;
  for (std::size_t position = 0; position < ids.size(); ++position) {
    const bool is_special = !seen[position] || std::ranges::find(special_ids_, ids[position]) != special_ids_.end();
    if (is_special || !is_own(inputs_.front(), dataset_.input(inputs_.front().input), position)) {
      joins = false;
      continue;
    }
    std::string word = word_of(ids[position]);
    const bool is_piece = joins && continues(word);
    words.push_back({position, std::move(word), is_piece});
    joins = true;
  }
  return words;
}

std::string TokenWords::text(std::size_t example) const {
  std::string text;
  for (const TokenWord& word : of(example)) {
    if (!word.continues && !text.empty()) text += ' ';
    const bool is_marked_piece = word.continues && word.text.starts_with("##");
    text += word.text.substr(is_marked_piece ? 2 : word_start_bytes(word.text));
  }
  return text;
}

std::vector<bool> TokenWords::seen_positions(std::size_t example, std::size_t count) const {
  return mask_ ? mask_->read(dataset_.input_row(mask_input_, example), 1) : std::vector<bool>(count, true);
}

std::string TokenWords::word_of(std::int64_t id) const {
  const bool known = id >= 0 && static_cast<std::size_t>(id) < vocabulary_.size();
  return known ? vocabulary_[static_cast<std::size_t>(id)] : std::to_string(id);
}

bool TokenWords::continues(const std::string& word) const {
  return begins_words_ ? word_start_bytes(word) == 0 : word.starts_with("##");
}

std::function<std::string(std::size_t)> token_texts(const SegmentationOptions& options, const Dataset& dataset,
                                                    std::span<const SegmentedInput> inputs) {
  const std::string modality;
  const SegmentationSubject subject{options, modality, dataset, inputs};
  if (!has_token_ids(subject) || options.vocabulary.empty()) return {};
  return [words = std::make_shared<const TokenWords>(subject)](std::size_t example) { return words->text(example); };
}

}  // namespace modattr
