#include "modattr/core/shards/shard.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "modattr/core/error.h"

namespace modattr {
namespace {

constexpr std::size_t kMostShards = 1000000;
constexpr std::string_view kExtension = ".modattr";

std::optional<std::size_t> whole_number_of(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A launcher's place for this process.
struct FoundPlace {
  std::string source;
  Shard shard;
};

/// The number that a variable holds; ConfigError where it holds none.
std::size_t number_in(const Environment& environment, std::string_view name, std::string_view reason) {
  const std::optional<std::string> text = environment(name);
  const std::optional<std::size_t> number = text ? whole_number_of(*text) : std::nullopt;
  if (number) return *number;
  throw ConfigError("auto: expected a whole number in " + std::string(name) + std::string(reason) + ", got " +
                    (text ? "'" + *text + "'" : "none") + "; or name the shard as i/n");
}

std::optional<FoundPlace> place_in_job_array(const Environment& environment) {
  constexpr std::string_view kId = "SLURM_ARRAY_TASK_ID";
  if (!environment(kId)) return std::nullopt;
  const std::size_t id = number_in(environment, kId, "");
  const std::size_t count = number_in(environment, "SLURM_ARRAY_TASK_COUNT", ", the number of tasks of the array");
  const std::size_t least = number_in(environment, "SLURM_ARRAY_TASK_MIN", ", the first task of the array");
  const std::size_t step =
      environment("SLURM_ARRAY_TASK_STEP") ? number_in(environment, "SLURM_ARRAY_TASK_STEP", "") : 1;
  const bool is_regular = step > 0 && id >= least && (id - least) % step == 0 && (id - least) / step < count;
  if (!is_regular) {
    throw ConfigError("auto: expected an array of tasks at equal steps, such as --array=1-16, got task " +
                      std::to_string(id) + " of " + std::to_string(count) + " from " + std::to_string(least) +
                      " on; name the shard as i/n");
  }
  return FoundPlace{std::string(kId), {(id - least) / step, count}};
}

/// A launcher that counts from 0 in one variable and tells the number of processes in another.
std::optional<FoundPlace> place_in(const Environment& environment, std::string_view index, std::string_view count,
                                   std::string_view reason) {
  if (!environment(index)) return std::nullopt;
  return FoundPlace{std::string(index), {number_in(environment, index, ""), number_in(environment, count, reason)}};
}

Shard shard_of_environment(const Environment& environment) {
  std::vector<FoundPlace> found;
  const auto add = [&](std::optional<FoundPlace> place) {
    if (place) found.push_back(std::move(*place));
  };
  add(place_in_job_array(environment));
  add(place_in(environment, "JOB_COMPLETION_INDEX", "JOB_COMPLETIONS",
               ", the job's completions, which Kubernetes does not set itself"));
  add(place_in(environment, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", ""));
  add(place_in(environment, "RANK", "WORLD_SIZE", ""));
  if (found.empty()) {
    throw ConfigError(
        "auto: expected SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, OMPI_COMM_WORLD_RANK or RANK in the environment, "
        "got none of them; name the shard as i/n");
  }
  const FoundPlace& first = found.front();
  for (const FoundPlace& other : found) {
    if (other.shard == first.shard) continue;
    throw ConfigError("auto: expected one place for this process, got " + first.shard.text() + " from " + first.source +
                      " and " + other.shard.text() + " from " + other.source + "; name the shard as i/n");
  }
  if (first.shard.index >= first.shard.count || first.shard.count > kMostShards) {
    throw ConfigError("auto: expected a place below the number of processes, got " + first.source + " " +
                      std::to_string(first.shard.index) + " of " + std::to_string(first.shard.count));
  }
  return first.shard;
}

}  // namespace

ExampleRange Shard::range(std::size_t example_count) const noexcept {
  const std::size_t size = example_count / count;
  const std::size_t longer = example_count % count;
  return {index * size + std::min(index, longer), size + (index < longer ? 1 : 0)};
}

std::string Shard::text() const {
  return std::to_string(index + 1) + "/" + std::to_string(count);
}

std::string Shard::file_name() const {
  return "shard-" + std::to_string(index + 1) + "-of-" + std::to_string(count) + std::string(kExtension);
}

bool is_shard_file_name(std::string_view name) {
  return name.starts_with("shard-") && name.ends_with(kExtension) && name.find("-of-") != std::string_view::npos;
}

Shard parse_shard(const std::string& text, const Environment& environment) {
  if (text == "auto") return shard_of_environment(environment);
  const std::size_t slash = text.find('/');
  if (slash != std::string::npos) {
    const std::optional<std::size_t> place = whole_number_of(std::string_view(text).substr(0, slash));
    const std::optional<std::size_t> count = whole_number_of(std::string_view(text).substr(slash + 1));
    if (place && count && *place >= 1 && *place <= *count && *count <= kMostShards) return {*place - 1, *count};
  }
  throw ConfigError("expected i/n with i from 1 to n, such as 3/16, or auto, got '" + text + "'");
}

}  // namespace modattr
