#include "modattr/core/byte_codec.h"

#include <array>
#include <bit>

#include "modattr/core/error.h"

namespace modattr {
namespace {

constexpr std::size_t kBitsPerByte = 8;
constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

std::uint64_t word_at(std::string_view bytes) noexcept {
  std::uint64_t word = 0;
  for (std::size_t place = 0; place < kWordBytes; ++place) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[place])} << (kBitsPerByte * place);
  }
  return word;
}

}  // namespace

void ByteWriter::put_count(std::uint64_t count) {
  std::array<char, kWordBytes> bytes;
  for (std::size_t place = 0; place < kWordBytes; ++place) {
    bytes[place] = static_cast<char>(static_cast<unsigned char>(count >> (kBitsPerByte * place)));
  }
  bytes_.append(bytes.data(), bytes.size());
}

void ByteWriter::put_number(double number) {
  put_count(std::bit_cast<std::uint64_t>(number));
}

void ByteWriter::put_text(std::string_view text) {
  put_count(text.size());
  bytes_.append(text);
}

void ByteWriter::put_numbers(std::span<const double> numbers) {
  put_count(numbers.size());
  for (const double number : numbers) put_number(number);
}

void ByteWriter::put_coalition(const Coalition& coalition) {
  put_count(coalition.player_count());
  for (std::size_t first = 0; first < coalition.player_count(); first += kBitsPerByte) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < kBitsPerByte && first + bit < coalition.player_count(); ++bit) {
      if (coalition.contains(first + bit)) byte |= 1U << bit;
    }
    bytes_.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  }
}

double NumbersView::operator[](std::size_t place) const noexcept {
  return std::bit_cast<double>(word_at(bytes_.substr(place * sizeof(double), sizeof(double))));
}

std::vector<double> NumbersView::to_vector() const {
  std::vector<double> numbers(size());
  for (std::size_t place = 0; place < numbers.size(); ++place) numbers[place] = (*this)[place];
  return numbers;
}

void ByteReader::check_left(std::uint64_t count) const {
  if (count <= bytes_.size()) return;
  throw DataError("bytes: expected " + std::to_string(count) + " more, got " + std::to_string(bytes_.size()) +
                  "; they are truncated or damaged");
}

std::string_view ByteReader::take_bytes(std::uint64_t count) {
  check_left(count);
  const std::string_view taken = bytes_.substr(0, count);
  bytes_.remove_prefix(count);
  return taken;
}

bool ByteReader::take_flag() {
  const char flag = take_bytes(1).front();
  if (flag != '\0' && flag != '\1') throw DataError("bytes: expected a flag of 0 or 1, got another; they are damaged");
  return flag == '\1';
}

std::uint64_t ByteReader::take_count() {
  return word_at(take_bytes(kWordBytes));
}

double ByteReader::take_number() {
  return std::bit_cast<double>(take_count());
}

std::string_view ByteReader::take_text() {
  return take_bytes(take_count());
}

NumbersView ByteReader::take_numbers() {
  const std::uint64_t count = take_count();
  // A product of a damaged count need not be its own.
  check_left(count);
  return NumbersView(take_bytes(count * sizeof(double)));
}

Coalition ByteReader::take_coalition() {
  const std::uint64_t player_count = take_count();
  const std::string_view bits = take_bytes(player_count / kBitsPerByte + (player_count % kBitsPerByte == 0 ? 0 : 1));
  Coalition coalition(player_count);
  for (std::size_t bit = 0; bit < bits.size() * kBitsPerByte; ++bit) {
    const bool is_present =
        (std::uint32_t{static_cast<unsigned char>(bits[bit / kBitsPerByte])} >> (bit % kBitsPerByte) & 1U) != 0;
    if (!is_present) continue;
    if (bit >= player_count)
      throw DataError("bytes: expected a coalition of its players, got others; they are damaged");
    coalition.insert(bit);
  }
  return coalition;
}

void ByteReader::finish() const {
  if (bytes_.empty()) return;
  throw DataError("bytes: expected the end, got " + std::to_string(bytes_.size()) + " more; they are damaged");
}

}  // namespace modattr
