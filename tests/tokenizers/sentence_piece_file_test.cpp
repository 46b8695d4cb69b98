#include "tokenizers/sentence_piece_file.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// A field of bytes.
std::string field(char number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

/// A field of a number below 128.
std::string number(char number, char value) {
  return {static_cast<char>(number << 3), value};
}

const std::string kMinusTwo("\x15\x00\x00\x00\xC0", 5);

TEST(SentencePieceFile, ReadsWhatEncodingNeeds) {
  const std::string content =
      field(1, field(1, "<unk>") + number(3, 2)) + field(1, field(1, "ab") + kMinusTwo) +
      field(2, number(3, 2) + std::string("\x98\x02\x01", 3) + std::string("\xfa\x02\x01?", 4)) +
      field(3, field(2, "map") + number(3, 0) + number(4, 0) + number(5, 1)) + field(9, "later");
  const SentencePieceFile file = parse_sentence_piece(content, "m");
  ASSERT_EQ(file.pieces.size(), 2U);
  EXPECT_EQ(file.pieces[0].type, SentencePieceFile::PieceType::kUnknown);
  EXPECT_EQ(file.pieces[1].text, "ab");
  EXPECT_EQ(file.pieces[1].score, -2.0F);
  EXPECT_EQ(file.model, SentencePieceFile::Model::kBpe);
  EXPECT_TRUE(file.falls_back_to_bytes);
  EXPECT_EQ(file.end, "?");
  EXPECT_EQ(file.begin, "<s>");
  EXPECT_EQ(file.charsmap, "map");
  EXPECT_FALSE(file.adds_dummy_prefix);
  EXPECT_FALSE(file.removes_extra_spaces);
  EXPECT_TRUE(file.marks_spaces);
}

TEST(SentencePieceFile, RefusesWhatIsDamagedOrTooLarge) {
  const auto refusal = [](const std::string& content) {
    return thrown_message<DataError>([&] { return parse_sentence_piece(content, "m"); });
  };
  EXPECT_TRUE(mentions(refusal(""), {"m: expected a model of SentencePiece", "without pieces"}));
  EXPECT_TRUE(mentions(refusal("\n\x7f"), {"damaged"}));
  EXPECT_TRUE(mentions(refusal(std::string(12, '\xff')), {"damaged"}));
  EXPECT_TRUE(mentions(refusal(field(1, field(1, "a") + number(3, 7))), {"damaged"}));
  const std::string piece = std::string("\n\x81\x08", 3) + std::string(1025, 'a');
  EXPECT_TRUE(mentions(refusal(std::string("\n\x84\x08", 3) + piece), {"at most 1024 bytes", "1025"}));
}

}  // namespace
}  // namespace modattr
