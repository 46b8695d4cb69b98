#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace modattr {

/// A model of SentencePiece as its file says it (sentencepiece_model.proto), as far as encoding needs it.
struct SentencePieceFile {
  /// The numbers of the file.
  enum class PieceType : std::uint8_t { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };
  struct Piece {
    std::string text = {};
    float score = 0.0F;
    PieceType type = PieceType::kNormal;
  };
  enum class Model : std::uint8_t { kUnigram = 1, kBpe, kWord, kChar };

  /// By id.
  std::vector<Piece> pieces = {};
  Model model = Model::kUnigram;
  /// Whether unknown characters become their bytes.
  bool falls_back_to_bytes = false;
  /// The mark of a space stands behind a word, not before it.
  bool marks_word_ends = false;
  std::string unknown = "<unk>";
  std::string begin = "<s>";
  std::string end = "</s>";
  std::string padding = "<pad>";
  /// The map of characters, as make_precompiled() reads it; empty = none.
  std::string charsmap = {};
  bool adds_dummy_prefix = true;
  bool removes_extra_spaces = true;
  bool marks_spaces = true;
};

/// Reads the file's content. Throws DataError beginning with `where` where it is damaged or asks for what is not read.
SentencePieceFile parse_sentence_piece(std::string_view content, const std::string& where);

}  // namespace modattr
