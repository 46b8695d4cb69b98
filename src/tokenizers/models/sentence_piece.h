#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tokenizers/models/token_model.h"

namespace modattr {

/// A model of SentencePiece, and the ids of its control tokens.
struct SentencePieceModel {
  std::unique_ptr<TokenModel> model = nullptr;
  std::optional<std::int64_t> pad = std::nullopt, unk = std::nullopt, bos = std::nullopt, eos = std::nullopt;
};

/// Reads a model, and lets SentencePiece's own library apply it: it normalises whole texts and cuts them. Throws
/// DataError beginning with `where`.
SentencePieceModel make_sentence_piece(std::string_view content, const std::string& where);

}  // namespace modattr
