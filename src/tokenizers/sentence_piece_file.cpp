#include "tokenizers/sentence_piece_file.h"

#include <bit>

#include "modattr/core/error.h"

namespace modattr {
namespace {

/// Longer ones are no pieces of text that anybody trains.
constexpr std::size_t kMostPieceBytes = 1024;
/// As many as a vocabulary holds.
constexpr std::size_t kMostPieces = 4'194'304;

/// The fields of a message in the wire format of Protocol Buffers, one after the other.
class ProtoFields {
 public:
  ProtoFields(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  /// Goes to the next field; false at the end.
  bool next() {
    if (place_ == bytes_.size()) return false;
    const std::uint64_t key = take_varint();
    number_ = key >> 3U;
    text_ = {};
    value_ = 0;
    switch (key & 7U) {
      case 0:
        value_ = take_varint();
        return true;
      case 1:
        value_ = take_fixed(8);
        return true;
      case 2:
        text_ = take_bytes(take_varint());
        return true;
      case 5:
        value_ = take_fixed(4);
        return true;
      default:
        fail();
    }
  }
  std::uint64_t number() const noexcept { return number_; }
  std::string_view text() const noexcept { return text_; }
  std::uint64_t value() const noexcept { return value_; }
  bool flag() const noexcept { return value_ != 0; }
  float single() const noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(value_)); }

  [[noreturn]] void fail() const {
    throw DataError(where_ + ": expected a model of SentencePiece, got a file that is damaged or something else");
  }

 private:
  std::string_view take_bytes(std::uint64_t count) {
    if (count > bytes_.size() - place_) fail();
    const std::string_view taken = bytes_.substr(place_, static_cast<std::size_t>(count));
    place_ += static_cast<std::size_t>(count);
    return taken;
  }
  std::uint64_t take_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take_bytes(1).front());
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    fail();
  }
  std::uint64_t take_fixed(std::size_t count) {
    const std::string_view bytes = take_bytes(count);
    std::uint64_t value = 0;
    for (std::size_t place = count; place-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[place]);
    return value;
  }

  std::string_view bytes_;
  const std::string& where_;
  std::size_t place_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t value_ = 0;
  std::string_view text_;
};

SentencePieceFile::Piece read_piece(std::string_view bytes, const std::string& where) {
  SentencePieceFile::Piece piece;
  for (ProtoFields fields(bytes, where); fields.next();) {
    if (fields.number() == 1) piece.text = fields.text();
    if (fields.number() == 2) piece.score = fields.single();
    if (fields.number() == 3) {
      if (fields.value() < 1 || fields.value() > 6) fields.fail();
      piece.type = static_cast<SentencePieceFile::PieceType>(fields.value());
    }
  }
  if (piece.text.size() > kMostPieceBytes) {
    throw DataError(where + ": expected pieces of at most " + std::to_string(kMostPieceBytes) + " bytes, got one of " +
                    std::to_string(piece.text.size()));
  }
  return piece;
}

void read_trainer(std::string_view bytes, const std::string& where, SentencePieceFile& file) {
  for (ProtoFields fields(bytes, where); fields.next();) {
    switch (fields.number()) {
      case 3:
        if (fields.value() < 1 || fields.value() > 4) fields.fail();
        file.model = static_cast<SentencePieceFile::Model>(fields.value());
        break;
      case 24:
        file.marks_word_ends = fields.flag();
        break;
      case 35:
        file.falls_back_to_bytes = fields.flag();
        break;
      case 45:
        file.unknown = fields.text();
        break;
      case 46:
        file.begin = fields.text();
        break;
      case 47:
        file.end = fields.text();
        break;
      case 48:
        file.padding = fields.text();
        break;
      default:
        break;
    }
  }
}

void read_normalizer(std::string_view bytes, const std::string& where, SentencePieceFile& file) {
  for (ProtoFields fields(bytes, where); fields.next();) {
    switch (fields.number()) {
      case 2:
        file.charsmap = fields.text();
        break;
      case 3:
        file.adds_dummy_prefix = fields.flag();
        break;
      case 4:
        file.removes_extra_spaces = fields.flag();
        break;
      case 5:
        file.marks_spaces = fields.flag();
        break;
      default:
        break;
    }
  }
}

}  // namespace

SentencePieceFile parse_sentence_piece(std::string_view content, const std::string& where) {
  SentencePieceFile file;
  for (ProtoFields fields(content, where); fields.next();) {
    if (fields.number() == 1) file.pieces.push_back(read_piece(fields.text(), where));
    if (fields.number() == 2) read_trainer(fields.text(), where, file);
    if (fields.number() == 3) read_normalizer(fields.text(), where, file);
    if (file.pieces.size() > kMostPieces) fields.fail();
  }
  if (file.pieces.empty()) {
    throw DataError(where + ": expected a model of SentencePiece, got a file without pieces");
  }
  return file;
}

}  // namespace modattr
