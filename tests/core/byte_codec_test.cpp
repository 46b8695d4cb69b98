#include "modattr/core/byte_codec.h"

#include <bit>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

TEST(ByteCodec, GivesValuesBackBitForBit) {
  const std::vector<double> numbers = {0.1, -0.0, std::numeric_limits<double>::infinity(), 5e-324, std::nan("7")};
  Coalition coalition(70);
  coalition.insert(0).insert(9).insert(69);
  ByteWriter writer;
  writer.put_count(std::numeric_limits<std::uint64_t>::max());
  writer.put_number(-0.0);
  writer.put_text(std::string("a\0b", 3));
  writer.put_numbers(numbers);
  writer.put_coalition(coalition);
  writer.put_coalition(Coalition(0));
  writer.put_optional(std::optional(2.5), &ByteWriter::put_number);
  writer.put_optional(std::optional<double>(), &ByteWriter::put_number);
  writer.put_list(std::vector<std::string>{"x", ""}, &ByteWriter::put_text);

  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.take_count(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(std::signbit(reader.take_number()));
  EXPECT_EQ(reader.take_text(), std::string("a\0b", 3));
  const NumbersView view = reader.take_numbers();
  ASSERT_EQ(view.size(), numbers.size());
  for (std::size_t place = 0; place < numbers.size(); ++place) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(view[place]), std::bit_cast<std::uint64_t>(numbers[place]));
  }
  EXPECT_EQ(reader.take_coalition(), coalition);
  EXPECT_EQ(reader.take_coalition(), Coalition(0));
  EXPECT_EQ(reader.take_optional(&ByteReader::take_number), 2.5);
  EXPECT_EQ(reader.take_optional(&ByteReader::take_number), std::nullopt);
  EXPECT_EQ(reader.take_list(&ByteReader::take_text), (std::vector<std::string_view>{"x", ""}));
  EXPECT_NO_THROW(reader.finish());
}

TEST(ByteCodec, WritesLittleEndian) {
  ByteWriter writer;
  writer.put_count(0x0102);
  EXPECT_EQ(writer.take(), std::string("\x02\x01\0\0\0\0\0\0", 8));
  EXPECT_TRUE(writer.bytes().empty());
}

TEST(ByteCodec, RefusesWhatEndsTooEarly) {
  ByteWriter writer;
  writer.put_numbers(std::vector{1.0, 2.0});
  for (std::size_t size = 0; size < writer.bytes().size(); ++size) {
    ByteReader reader(std::string_view(writer.bytes()).substr(0, size));
    EXPECT_THROW(reader.take_numbers(), DataError) << size;
  }
}

TEST(ByteCodec, RefusesCountsThatNoBytesStandFor) {
  for (const std::uint64_t count : {std::uint64_t{1} << 61, std::numeric_limits<std::uint64_t>::max()}) {
    ByteWriter writer;
    writer.put_count(count);
    writer.put_count(0);
    EXPECT_THROW(ByteReader(writer.bytes()).take_text(), DataError);
    EXPECT_THROW(ByteReader(writer.bytes()).take_numbers(), DataError);
    EXPECT_THROW(ByteReader(writer.bytes()).take_coalition(), DataError);
    EXPECT_THROW(ByteReader(writer.bytes()).take_list(&ByteReader::take_number), DataError);
  }
}

TEST(ByteCodec, RefusesWhatNoWriterWrites) {
  EXPECT_THROW(ByteReader("\2").take_optional(&ByteReader::take_number), DataError);
  ByteWriter writer;
  writer.put_coalition(Coalition::full(3));
  std::string bytes = writer.take();
  bytes.back() = '\x0f';
  EXPECT_THROW(ByteReader(bytes).take_coalition(), DataError) << "a fourth player";
  EXPECT_THROW(ByteReader("x").finish(), DataError);
}

}  // namespace
}  // namespace modattr
