#include "modattr/core/evaluated_examples.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "modattr/core/byte_codec.h"
#include "modattr/core/error.h"

namespace modattr {
namespace {

// Eight bytes, the last of which no text file holds.
constexpr std::string_view kMagic{"modattr\0", 8};
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kChecksumBytes = 8;

/// FNV-1a, 64 bits (Fowler, Noll, Vo): changes with every single byte, which is what files suffer from.
std::uint64_t checksum(std::string_view bytes) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return hash;
}

void put_header(ByteWriter& writer, const EvaluationHeader& header) {
  writer.put_text(header.engine);
  writer.put_count(header.layout);
  writer.put_list(header.fields, [](ByteWriter& to, const EvaluationHeader::Field& field) {
    to.put_text(field.name);
    to.put_text(field.value);
  });
  writer.put_text(header.shared);
}

EvaluationHeader take_header(ByteReader& reader) {
  EvaluationHeader header;
  header.engine = reader.take_text();
  header.layout = reader.take_count();
  header.fields = reader.take_list([](ByteReader& from) {
    EvaluationHeader::Field field;
    field.name = from.take_text();
    field.value = from.take_text();
    return field;
  });
  header.shared = reader.take_text();
  return header;
}

[[noreturn]] void throw_conflict(std::uint32_t key) {
  throw DataError(
      "evaluations: expected the same results wherever an example is evaluated, got different ones of row " +
      std::to_string(key));
}

std::string in_words(const EvaluationHeader::Field* field) {
  return field == nullptr ? "nothing more" : field->name + " '" + field->value + "'";
}

std::string expected(const std::string& ours, const std::string& theirs) {
  return "expected " + ours + ", got " + theirs;
}

}  // namespace

void EvaluationHeader::add_text(std::string name, const std::optional<std::string>& text) {
  fields.push_back({std::move(name), text.value_or("none")});
}

void EvaluationHeader::add_count(std::string name, std::optional<std::uint64_t> count) {
  fields.push_back({std::move(name), count ? std::to_string(*count) : "none"});
}

void EvaluationHeader::add_number(std::string name, std::optional<double> number) {
  std::array<char, 32> text{};
  if (number) std::snprintf(text.data(), text.size(), "%.17g", *number);
  fields.push_back({std::move(name), number ? text.data() : "none"});
}

void EvaluationHeader::add_counts(std::string name, std::span<const std::size_t> counts) {
  std::string text;
  for (const std::size_t count : counts) text += (text.empty() ? "" : " ") + std::to_string(count);
  fields.push_back({std::move(name), text});
}

std::optional<std::string> EvaluationHeader::difference(const EvaluationHeader& other) const {
  if (engine != other.engine) return expected("engine '" + engine + "'", "'" + other.engine + "'");
  if (layout != other.layout) {
    return expected("layout " + std::to_string(layout), std::to_string(other.layout) + " of another version");
  }
  for (std::size_t place = 0; place < std::max(fields.size(), other.fields.size()); ++place) {
    const Field* const ours = place < fields.size() ? &fields[place] : nullptr;
    const Field* const theirs = place < other.fields.size() ? &other.fields[place] : nullptr;
    if (ours != nullptr && theirs != nullptr && *ours == *theirs) continue;
    return expected(in_words(ours), in_words(theirs));
  }
  if (shared != other.shared) {
    return expected("one set of players and coalitions for all examples", "different ones");
  }
  return std::nullopt;
}

void EvaluatedExamples::add(std::uint32_t key, const std::string& bytes) {
  const auto [place, is_new] = examples_.try_emplace(key, bytes);
  if (!is_new && place->second != bytes) throw_conflict(key);
}

void EvaluatedExamples::merge(EvaluatedExamples other) {
  if (const auto difference = header_.difference(other.header_)) {
    throw DataError("evaluations: " + *difference + "; only parts of one run can be merged");
  }
  for (const auto& [key, bytes] : other.examples_) {
    const auto known = examples_.find(key);
    if (known != examples_.end() && known->second != bytes) throw_conflict(key);
  }
  examples_.merge(other.examples_);
}

std::string EvaluatedExamples::serialise() const {
  ByteWriter payload;
  put_header(payload, header_);
  payload.put_count(examples_.size());
  for (const auto& [key, bytes] : examples_) {
    payload.put_count(key);
    payload.put_text(bytes);
  }
  ByteWriter version;
  version.put_count(kVersion);
  std::string bytes = std::string(kMagic) + version.bytes() + payload.take();
  ByteWriter end;
  end.put_count(checksum(bytes));
  return bytes + end.bytes();
}

EvaluatedExamples EvaluatedExamples::parse(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) throw DataError("evaluations: expected bytes that modattr wrote, got others");
  if (bytes.size() < kMagic.size() + sizeof(kVersion) + kChecksumBytes) {
    throw DataError("evaluations: expected a whole file, got its beginning; it is truncated");
  }
  const std::string_view checked = bytes.substr(0, bytes.size() - kChecksumBytes);
  ByteReader reader(checked.substr(kMagic.size()));
  if (const std::uint64_t version = reader.take_count(); version != kVersion) {
    throw DataError("evaluations: expected version " + std::to_string(kVersion) + ", got " + std::to_string(version) +
                    "; another version of modattr wrote it, or it is damaged");
  }
  if (ByteReader(bytes.substr(checked.size())).take_count() != checksum(checked)) {
    throw DataError(
        "evaluations: expected intact bytes, got a checksum that does not match; they are truncated or "
        "damaged");
  }
  EvaluatedExamples result(take_header(reader));
  const std::uint64_t count = reader.take_count();
  for (std::uint64_t place = 0; place < count; ++place) {
    const std::uint64_t key = reader.take_count();
    const bool ascends = result.examples_.empty() || key > result.examples_.rbegin()->first;
    if (key > std::numeric_limits<std::uint32_t>::max() || !ascends) {
      throw DataError("evaluations: expected rows in ascending order, got others; they are damaged");
    }
    result.examples_.emplace_hint(result.examples_.end(), static_cast<std::uint32_t>(key), reader.take_text());
  }
  reader.finish();
  return result;
}

}  // namespace modattr
