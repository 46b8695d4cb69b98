#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "modattr/masking/attention.h"
#include "segmentation_subject.h"

namespace modattr {

/// A position of a text that holds no special id.
struct TokenWord {
  std::size_t position = 0;
  /// As the vocabulary gives it, else its id.
  std::string text;
  /// Whether it is a piece of the word before it.
  bool continues = false;
};

/// Whether the first input of a modality holds the ids of a text, [examples, positions].
bool has_token_ids(const SegmentationSubject& subject);

/// The words of texts: positions of the first input that hold no special id and are seen, where another input is an
/// attention mask.
class TokenWords {
 public:
  /// The first input must hold ids. Borrows the dataset.
  explicit TokenWords(const SegmentationSubject& subject);
  /// In the order of the text. Safe to call from many threads.
  std::vector<TokenWord> of(std::size_t example) const;
  /// The same as one text: pieces joined, marks of word starts taken off.
  std::string text(std::size_t example) const;

 private:
  std::vector<bool> seen_positions(std::size_t example, std::size_t count) const;
  std::string word_of(std::int64_t id) const;
  bool continues(const std::string& word) const;

  std::vector<std::int64_t> special_ids_;
  std::vector<std::string> vocabulary_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  /// Whether the vocabulary marks where words begin.
  bool begins_words_ = false;
  /// Of the modality's own inputs, the one that says which positions are words.
  std::optional<AttentionMask> mask_;
  std::size_t mask_input_ = 0;
};

}  // namespace modattr
