#include "shard_merge.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "modattr/core/error.h"

namespace modattr {
namespace {

/// The shards without a file, at most some of them by name.
std::string missing_words(std::span<const std::filesystem::path> found) {
  constexpr std::size_t kMostNames = 8;
  std::string names;
  std::size_t count = 0;
  for (std::size_t index = 0; index < found.size(); ++index) {
    if (!found[index].empty()) continue;
    if (count++ < kMostNames) names += (names.empty() ? "" : ", ") + Shard{index, found.size()}.text();
  }
  if (count == 0) return {};
  if (count > kMostNames) names += " and " + std::to_string(count - kMostNames) + " more";
  return "shards: expected all " + std::to_string(found.size()) + ", got " + std::to_string(found.size() - count) +
         "; missing: " + names;
}

class Merge {
 public:
  void add(ShardFile file, const std::filesystem::path& path) {
    if (found_.empty()) {
      found_.resize(file.shard.count);
      first_path_ = path;
      merged_ = file;
      merged_.parts.clear();
      for (const ShardPart& part : file.parts) merged_.parts.push_back({.name = part.name});
    }
    expect_same_run(file, path);
    std::filesystem::path& place = found_[file.shard.index];
    if (!place.empty()) {
      throw ConfigError(path.string() + ": expected every shard once, got " + file.shard.text() + " again, which is " +
                        place.string() + ", too");
    }
    place = path;
    for (std::size_t part = 0; part < file.parts.size(); ++part) {
      const std::string& use = file.parts[part].model_use;
      if (!use.empty() && !merged_.parts[part].model_use.empty() && use != merged_.parts[part].model_use)
        uses_differ_ = true;
      try {
        merged_.parts[part].merge(std::move(file.parts[part]));
      } catch (const DataError& error) {
        throw ConfigError(path.string() + ": " + error.what());
      }
    }
  }

  ShardFile finish(const std::function<void(std::string_view)>& notice) {
    if (const std::string missing = missing_words(found_); !missing.empty()) throw ConfigError(missing);
    if (uses_differ_) {
      notice("some shards split the model and others ran it whole: the last digits may not be those of one run");
    }
    return std::move(merged_);
  }

 private:
  void expect_same_run(const ShardFile& file, const std::filesystem::path& path) const {
    std::string differing;
    if (file.command != merged_.command) {
      differing = "expected " + merged_.command + ", got " + file.command;
    } else if (file.shard.count != found_.size()) {
      differing = "expected one of " + std::to_string(found_.size()) + " shards, got one of " +
                  std::to_string(file.shard.count);
    } else if (const auto fact = difference(merged_.identity, file.identity)) {
      differing = *fact;
    } else if (file.parts.size() != merged_.parts.size()) {
      differing =
          "expected " + std::to_string(merged_.parts.size()) + " runs, got " + std::to_string(file.parts.size());
    } else {
      return;
    }
    throw ConfigError(path.string() + ": " + differing + "; it is of another run than " + first_path_.string());
  }

  ShardFile merged_;
  std::filesystem::path first_path_;
  /// File of each shard; empty = none yet.
  std::vector<std::filesystem::path> found_;
  bool uses_differ_ = false;
};

}  // namespace

ShardFile read_shard_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string bytes;
  if (stream) {
    stream.seekg(0, std::ios::end);
    bytes.resize(static_cast<std::size_t>(std::max<std::streamoff>(stream.tellg(), 0)));
    stream.seekg(0);
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  if (!stream)
    throw DataError(path.string() + ": expected a readable file, got: " + std::generic_category().message(errno));
  try {
    ShardFile file = parse_shard_file(bytes);
    if (file.shard.count == 0 || file.shard.index >= file.shard.count) throw DataError("expected a shard, got none");
    return file;
  } catch (const DataError& error) {
    throw DataError(path.string() + ": " + error.what());
  }
}

ShardFile merge_shard_files(std::span<const std::filesystem::path> paths,
                            const std::function<void(std::string_view)>& notice) {
  Merge merge;
  for (const std::filesystem::path& path : paths) merge.add(read_shard_file(path), path);
  return merge.finish(notice);
}

}  // namespace modattr
