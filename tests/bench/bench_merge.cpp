// What joining many shards costs: shards of made-up results are written, and merged as `modattr merge` does.
//
//   modattr_bench_merge SHARDS EXAMPLES BYTES
//
// prints seconds and peak memory. With a second process for the writing, the peak is that of the merge alone.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modattr/core/rng.h"
#include "run/shards/shard_merge.h"

namespace modattr {
namespace {

std::filesystem::path shard_path(const std::filesystem::path& folder, const Shard& shard) {
  return folder / shard.file_name();
}

void write_shards(const std::filesystem::path& folder, std::size_t shard_count, std::size_t example_count,
                  std::size_t byte_count) {
  RandomStream stream = Rng(1).stream(RandomPurpose::kBackground, 0, 0);
  std::string bytes(byte_count, '\0');
  for (std::size_t index = 0; index < shard_count; ++index) {
    const Shard shard{index, shard_count};
    const ExampleRange range = shard.range(example_count);
    EvaluatedExamples evaluated(EvaluationHeader{.engine = "made up"});
    ShardPart part{.name = "made up"};
    for (std::size_t example = range.first; example < range.first + range.count; ++example) {
      for (char& byte : bytes) byte = static_cast<char>(stream.below(256));
      evaluated.add(static_cast<std::uint32_t>(example), bytes);
      part.predicted.emplace_back(static_cast<std::uint32_t>(example), 1U);
    }
    part.evaluated = std::move(evaluated);
    ShardFile file{.shard = shard, .command = "made up"};
    file.parts.push_back(std::move(part));
    std::ofstream(shard_path(folder, shard), std::ios::binary) << file.to_bytes();
  }
}

/// Writes in a process of its own, whose memory does not count.
void write_apart(const std::filesystem::path& folder, std::size_t shard_count, std::size_t example_count,
                 std::size_t byte_count) {
  const pid_t child = ::fork();
  if (child == 0) {
    write_shards(folder, shard_count, example_count, byte_count);
    std::_Exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
}

int run(std::size_t shard_count, std::size_t example_count, std::size_t byte_count) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("modattr_bench_merge." + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  write_apart(folder, shard_count, example_count, byte_count);
  std::vector<std::filesystem::path> paths;
  for (std::size_t index = shard_count; index-- > 0;) paths.push_back(shard_path(folder, {index, shard_count}));
  const auto start = std::chrono::steady_clock::now();
  const ShardFile merged = merge_shard_files(paths, [](std::string_view) {});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("%zu shards, %zu examples of %zu bytes: %.2f s, peak %ld MiB\n", shard_count,
              merged.parts.front().evaluated->count(), byte_count, seconds, usage.ru_maxrss / 1024);
  std::filesystem::remove_all(folder);
  return merged.parts.front().evaluated->count() == example_count ? 0 : 1;
}

}  // namespace
}  // namespace modattr

int main(int argc, char** argv) {
  const auto number = [&](int place, std::size_t usual) {
    return argc > place ? static_cast<std::size_t>(std::strtoull(argv[place], nullptr, 10)) : usual;
  };
  return modattr::run(number(1, 1000), number(2, 1000000), number(3, 200));
}
