#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tokenizers/steps/normalizer.h"
#include "tokenizers/steps/pre_tokenizer.h"

namespace modattr {

/// A token that is found in a text before the model cuts it.
struct AddedToken {
  std::string content = {};
  std::int64_t id = 0;
  /// Whether white space beside it is a part of it.
  enum class Strip { kNone, kLeft, kRight, kBoth } strip = Strip::kNone;
  /// kWhole: not within a word.
  enum class Place { kAnywhere, kWhole } place = Place::kAnywhere;
  /// kRaw: looked for before the text is normalised; kNormalized: normalised itself, and looked for behind.
  enum class Stage { kRaw, kNormalized } stage = Stage::kNormalized;
};

/// Cuts added tokens out of a text: of several that match at a place the longest.
class AddedTokens {
 public:
  /// `normalizer`: that of the text, or nullptr.
  AddedTokens(const std::vector<AddedToken>& tokens, const Normalizer* normalizer);
  ~AddedTokens();
  AddedTokens(AddedTokens&&) noexcept;
  AddedTokens& operator=(AddedTokens&&) noexcept;

  /// The text in parts: normalised text, and added tokens. Borrows nothing of it.
  std::vector<TextPart> split(AlignedText text) const;

 private:
  class Finder;
  const Normalizer* normalizer_;
  std::unique_ptr<Finder> raw_;
  std::unique_ptr<Finder> normalized_;
};

}  // namespace modattr
