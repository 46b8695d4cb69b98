#include "tokenizers/models/sentence_piece.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <sentencepiece_processor.h>

#include "modattr/core/error.h"
#include "tokenizers/text/shown.h"

namespace modattr {
namespace {

using sentencepiece::SentencePieceProcessor;

std::optional<std::int64_t> id_or_none(int id) {
  return id < 0 ? std::nullopt : std::optional<std::int64_t>(id);
}

class SentencePiece final : public TokenModel {
 public:
  explicit SentencePiece(std::unique_ptr<SentencePieceProcessor> processor) : processor_(std::move(processor)) {
    for (int id = 0; id < processor_->GetPieceSize(); ++id) vocabulary_.add(processor_->IdToPiece(id), id);
  }

  void tokenize(std::string_view piece, std::vector<PieceToken>& tokens) const override {
    const sentencepiece::ImmutableSentencePieceText text = processor_->EncodeAsImmutableProto(piece);
    const std::size_t count = text.pieces_size();
    for (std::size_t place = 0; place < count; ++place) {
      const auto token = text.pieces(static_cast<int>(place));
      std::size_t end = token.end();
      // Only the last byte of a character has its span there.
      if (processor_->IsByte(static_cast<int>(token.id()))) {
        for (std::size_t next = place; end == token.begin() && next < count; ++next) {
          end = text.pieces(static_cast<int>(next)).end();
        }
      }
      tokens.push_back({static_cast<std::int64_t>(token.id()), token.begin(), end});
    }
  }
  const Vocabulary& vocabulary() const noexcept override { return vocabulary_; }
  std::string_view name() const noexcept override { return "SentencePiece"; }

 private:
  std::unique_ptr<SentencePieceProcessor> processor_;
  Vocabulary vocabulary_;
};

}  // namespace

SentencePieceModel make_sentence_piece(std::string_view content, const std::string& where) {
  auto processor = std::make_unique<SentencePieceProcessor>();
  const sentencepiece::util::Status status = processor->LoadFromSerializedProto(content);
  if (!status.ok()) {
    std::string reason = status.message();
    std::ranges::replace(reason, '\n', ' ');
    throw DataError(where + ": expected a model of SentencePiece, got one that its library does not read (" +
                    shown(reason) + ")");
  }
  SentencePieceModel read;
  read.pad = id_or_none(processor->pad_id());
  read.unk = id_or_none(processor->unk_id());
  read.bos = id_or_none(processor->bos_id());
  read.eos = id_or_none(processor->eos_id());
  read.model = std::make_unique<SentencePiece>(std::move(processor));
  return read;
}

}  // namespace modattr
