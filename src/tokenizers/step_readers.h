#pragma once

#include <memory>

#include "tokenizers/json_step.h"
#include "tokenizers/models/token_model.h"
#include "tokenizers/steps/normalizer.h"
#include "tokenizers/steps/post_processor.h"
#include "tokenizers/steps/pre_tokenizer.h"

namespace modattr {

// Steps as a tokenizer.json describes them. Each function throws DataError naming the step, the key and what is not
// supported.

std::unique_ptr<Normalizer> read_normalizer(const JsonStep& step);
std::unique_ptr<PreTokenizer> read_pre_tokenizer(const JsonStep& step);
std::unique_ptr<PostProcessor> read_post_processor(const JsonStep& step);
/// BPE, WordPiece, Unigram, WordLevel. Old files do not name the model; then its keys tell which it is.
std::unique_ptr<TokenModel> read_model(const JsonStep& step);
/// {"String": ...} or {"Regex": ...}; a text stands for itself.
std::unique_ptr<Pattern> read_pattern(const JsonStep& step, const char* key);

}  // namespace modattr
