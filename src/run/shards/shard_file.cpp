#include "shard_file.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "modattr/core/byte_codec.h"
#include "modattr/core/error.h"

namespace modattr {
namespace {

// Eight bytes, the last of which no text file holds.
constexpr std::string_view kShardMagic{"maShard\0", 8};
constexpr std::uint64_t kShardVersion = 1;

/// FNV-1a over words of eight bytes: what files suffer from changes it, and it keeps up with a disk.
std::uint64_t shard_checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * 0x100000001b3U;
    hash ^= hash >> 32U;
  };
  ByteReader reader(bytes);
  const std::size_t word_count = bytes.size() / sizeof(std::uint64_t);
  for (std::size_t word = 0; word < word_count; ++word) mix(reader.take_count());
  for (const char byte : bytes.substr(word_count * sizeof(std::uint64_t))) mix(static_cast<unsigned char>(byte));
  return hash;
}

void put_optional_path(ByteWriter& writer, const std::optional<std::filesystem::path>& path) {
  writer.put_optional(path ? std::optional(path->string()) : std::nullopt,
                      [](ByteWriter& to, const std::string& text) { to.put_text(text); });
}

std::optional<std::filesystem::path> take_optional_path(ByteReader& reader) {
  return reader.take_optional([](ByteReader& from) { return std::filesystem::path(from.take_text()); });
}

void put_texts(ByteWriter& writer, const std::vector<std::string>& texts) {
  writer.put_list(texts, [](ByteWriter& to, const std::string& text) { to.put_text(text); });
}

std::vector<std::string> take_texts(ByteReader& reader) {
  return reader.take_list([](ByteReader& from) { return std::string(from.take_text()); });
}

void put_common(ByteWriter& writer, const CommonOptions& common) {
  put_optional_path(writer, common.config);
  put_optional_path(writer, common.model);
  put_optional_path(writer, common.data);
  put_texts(writer, common.modalities);
  writer.put_optional(common.examples, &ByteWriter::put_count);
  put_texts(writer, common.ids);
  writer.put_optional(common.seed, &ByteWriter::put_count);
  writer.put_text(common.device);
  writer.put_count(common.no_split ? 1 : 0);
  writer.put_count(common.reproducible ? 1 : 0);
}

CommonOptions take_common(ByteReader& reader) {
  CommonOptions common;
  common.config = take_optional_path(reader);
  common.model = take_optional_path(reader);
  common.data = take_optional_path(reader);
  common.modalities = take_texts(reader);
  common.examples = reader.take_optional(&ByteReader::take_count);
  common.ids = take_texts(reader);
  common.seed = reader.take_optional(&ByteReader::take_count);
  common.device = reader.take_text();
  common.no_split = reader.take_count() != 0;
  common.reproducible = reader.take_count() != 0;
  return common;
}

void put_part(ByteWriter& writer, const ShardPart& part) {
  writer.put_text(part.name);
  writer.put_optional(part.evaluated,
                      [](ByteWriter& to, const EvaluatedExamples& evaluated) { to.put_text(evaluated.serialise()); });
  writer.put_list(part.predicted, [](ByteWriter& to, const std::pair<std::uint32_t, std::uint32_t>& row) {
    to.put_count(std::uint64_t{row.first} << 32U | row.second);
  });
  writer.put_list(part.dropped_rows, [](ByteWriter& to, std::uint32_t row) { to.put_count(row); });
  writer.put_count(part.evaluations.model);
  writer.put_count(part.evaluations.encoder);
  writer.put_count(part.evaluations.fusion);
  writer.put_number(part.seconds);
  writer.put_text(part.model_use);
}

ShardPart take_part(ByteReader& reader) {
  ShardPart part;
  part.name = reader.take_text();
  part.evaluated = reader.take_optional([](ByteReader& from) { return EvaluatedExamples::parse(from.take_text()); });
  part.predicted = reader.take_list([](ByteReader& from) {
    const std::uint64_t row = from.take_count();
    return std::pair(static_cast<std::uint32_t>(row >> 32U), static_cast<std::uint32_t>(row));
  });
  part.dropped_rows = reader.take_list([](ByteReader& from) { return static_cast<std::uint32_t>(from.take_count()); });
  part.evaluations.model = reader.take_count();
  part.evaluations.encoder = reader.take_count();
  part.evaluations.fusion = reader.take_count();
  part.seconds = reader.take_number();
  part.model_use = reader.take_text();
  return part;
}

}  // namespace

std::optional<std::string> difference(const RunIdentity& expected, const RunIdentity& found) {
  const auto in_words = [](const RunIdentity& identity, std::size_t place) {
    return place < identity.size() ? identity[place].first + " " + identity[place].second : std::string("nothing more");
  };
  for (std::size_t place = 0; place < std::max(expected.size(), found.size()); ++place) {
    if (place < expected.size() && place < found.size() && expected[place] == found[place]) continue;
    const bool is_same_fact =
        place < expected.size() && place < found.size() && expected[place].first == found[place].first;
    return "expected " + in_words(expected, place) + ", got " +
           (is_same_fact ? found[place].second : in_words(found, place));
  }
  return std::nullopt;
}

void ShardPart::merge(ShardPart other) {
  if (name != other.name) {
    throw DataError("expected run '" + name + "', got run '" + other.name + "'");
  }
  if (!evaluated) {
    evaluated = std::move(other.evaluated);
  } else if (other.evaluated) {
    evaluated->merge(std::move(*other.evaluated));
  }
  predicted.insert(predicted.end(), other.predicted.begin(), other.predicted.end());
  // Shards that know all examples tell the same ones.
  std::vector<std::uint32_t> rows;
  std::ranges::set_union(dropped_rows, other.dropped_rows, std::back_inserter(rows));
  dropped_rows = std::move(rows);
  evaluations.model += other.evaluations.model;
  evaluations.encoder += other.evaluations.encoder;
  evaluations.fusion += other.evaluations.fusion;
  seconds += other.seconds;
  if (model_use.empty()) model_use = other.model_use;
}

std::string ShardFile::to_bytes() const {
  ByteWriter writer;
  writer.put_count(shard.index);
  writer.put_count(shard.count);
  writer.put_text(command);
  put_common(writer, common);
  writer.put_text(options);
  writer.put_list(identity, [](ByteWriter& to, const std::pair<std::string, std::string>& fact) {
    to.put_text(fact.first);
    to.put_text(fact.second);
  });
  writer.put_list(parts, put_part);
  ByteWriter version;
  version.put_count(kShardVersion);
  std::string bytes = std::string(kShardMagic) + version.bytes() + writer.take();
  ByteWriter end;
  end.put_count(shard_checksum(bytes));
  return bytes + end.bytes();
}

ShardFile parse_shard_file(std::string_view bytes) {
  if (!bytes.starts_with(kShardMagic)) throw DataError("expected a shard that modattr wrote, got other bytes");
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (bytes.size() < kShardMagic.size() + 2 * kWord) throw DataError("expected a whole shard, got its beginning");
  const std::string_view checked = bytes.substr(0, bytes.size() - kWord);
  ByteReader reader(checked.substr(kShardMagic.size()));
  if (const std::uint64_t version = reader.take_count(); version != kShardVersion) {
    throw DataError("expected a shard of version " + std::to_string(kShardVersion) + ", got " +
                    std::to_string(version) + "; another version of modattr wrote it, or it is damaged");
  }
  if (ByteReader(bytes.substr(checked.size())).take_count() != shard_checksum(checked)) {
    throw DataError("expected an intact shard, got a checksum that does not match; run the shard again");
  }
  ShardFile file;
  file.shard.index = reader.take_count();
  file.shard.count = reader.take_count();
  file.command = reader.take_text();
  file.common = take_common(reader);
  file.options = reader.take_text();
  file.identity = reader.take_list([](ByteReader& from) {
    std::string name(from.take_text());
    return std::pair(std::move(name), std::string(from.take_text()));
  });
  file.parts = reader.take_list(take_part);
  reader.finish();
  return file;
}

}  // namespace modattr
