#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modattr/tokenizers/tokenizer.h"
#include "tokenizers/added_tokens.h"
#include "tokenizers/encoding_length.h"
#include "tokenizers/models/token_model.h"
#include "tokenizers/steps/normalizer.h"
#include "tokenizers/steps/post_processor.h"
#include "tokenizers/steps/pre_tokenizer.h"

namespace modattr {

/// What a tokenizer of Hugging Face is made of.
struct TokenizerParts {
  /// nullptr = none, like the pre-tokenizer and the post-processor.
  std::unique_ptr<Normalizer> normalizer = nullptr;
  std::unique_ptr<PreTokenizer> pre_tokenizer = nullptr;
  std::unique_ptr<TokenModel> model = nullptr;
  std::unique_ptr<PostProcessor> post_processor = nullptr;
  std::vector<AddedToken> added_tokens = {};
  std::optional<Truncation> truncation = std::nullopt;
  std::optional<Padding> padding = std::nullopt;
  SpecialTokenIds special_ids = {};
};

/// added tokens, normalizer, pre-tokenizer, model, truncation, post-processor, padding: in this order.
std::unique_ptr<Tokenizer> make_pipeline_tokenizer(TokenizerParts parts);

}  // namespace modattr
