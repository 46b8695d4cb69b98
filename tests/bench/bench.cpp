// Prints the first table of docs/measurements.md: start-up, encode-once against the whole model and against a bare
// loop, peak memory against the number of examples.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "measured_run.h"
#include "modattr/core/rng.h"

namespace {

namespace fs = std::filesystem;

using modattr::measured_run;
using modattr::Measurement;
using modattr::Output;

Measurement median_run(const std::vector<std::string>& arguments, int repeat_count) {
  std::vector<Measurement> runs;
  for (int repeat = 0; repeat < repeat_count; ++repeat) runs.push_back(measured_run(MODATTR_PROGRAM, arguments));
  std::ranges::sort(runs, {}, &Measurement::seconds);
  return runs[runs.size() / 2];
}

/// Whole processes in turns: the split model before and after the whole one.
void compare_with_whole_model(const char* name, std::vector<std::string> arguments, const std::string& config) {
  arguments.insert(arguments.end(), {"--config", config});
  const Measurement before = median_run(arguments, 3);
  std::vector<std::string> whole_arguments = arguments;
  whole_arguments.push_back("--no-split");
  Measurement whole = measured_run(MODATTR_PROGRAM, whole_arguments);
  constexpr double kShortRunSeconds = 10.0;
  if (whole.seconds < kShortRunSeconds) whole = median_run(whole_arguments, 5);
  const Measurement after = median_run(arguments, 3);
  const double split = (before.seconds + after.seconds) / 2.0;
  std::printf("| %s, whole process: split; `--no-split`; times faster | %.2f s; %.1f s; %.2f |\n", name, split,
              whole.seconds, whole.seconds / split);
  std::printf("| %s, peak memory: split; `--no-split` | %.0f MiB; %.0f MiB |\n", name, after.mebibytes,
              whole.mebibytes);
}

/// Two inputs of 512 floats, 4 KiB per example, and a class label, as safetensors.
void write_set(const fs::path& path, std::uint64_t example_count) {
  constexpr std::uint64_t kColumns = 512;
  const std::uint64_t input_bytes = example_count * kColumns * sizeof(float);
  const std::string count = std::to_string(example_count);
  const auto entry = [&](const std::string& name, const std::string& dtype, const std::string& shape,
                         std::uint64_t begin, std::uint64_t end) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
  };
  const std::uint64_t label_bytes = example_count * sizeof(std::int64_t);
  std::string header = "{" + entry("first", "F32", "[" + count + ",512]", 0, input_bytes) + "," +
                       entry("second", "F32", "[" + count + ",512]", input_bytes, 2 * input_bytes) + "," +
                       entry("label", "I64", "[" + count + "]", 2 * input_bytes, 2 * input_bytes + label_bytes) + "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::ofstream file(path, std::ios::binary);
  const std::uint64_t header_bytes = header.size();
  file.write(reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes);
  file << header;
  modattr::RandomStream stream = modattr::Rng(1).stream(modattr::RandomPurpose::kExampleSubset, 0, 0);
  std::vector<float> row(kColumns);
  for (std::uint64_t example = 0; example < 2 * example_count; ++example) {
    for (float& value : row) value = static_cast<float>(stream.uniform() - 0.5);
    file.write(reinterpret_cast<const char*>(row.data()), static_cast<std::streamsize>(kColumns * sizeof(float)));
  }
  for (std::uint64_t example = 0; example < example_count; ++example) {
    const std::int64_t label = stream.below(8);
    file.write(reinterpret_cast<const char*>(&label), sizeof label);
  }
}

void write_config(const fs::path& path, const std::string& model, const std::string& data) {
  std::ofstream(path) << R"({"model": {"path": ")" << model << R"("}, "data": {"path": ")" << data
                      << R"("}, "modalities": [)"
                      << R"({"name": "first", "kind": "columns", "inputs": ["first"]}, )"
                      << R"({"name": "second", "kind": "columns", "inputs": ["second"]}]})";
}

}  // namespace

int main() {
  const fs::path folder = fs::temp_directory_path() / ("modattr-bench-" + std::to_string(getpid()));
  fs::create_directory(folder);
  measured_run(MODATTR_BENCH_MODEL, {"linear", (folder / "model.pt").string()});
  std::puts("| measured | result |\n|---|---|");
  std::printf("| `modattr --version`, median of 21 | %.1f ms |\n", median_run({"--version"}, 21).seconds * 1e3);
  std::printf("| `modattr --help`, median of 21 | %.1f ms |\n", median_run({"--help"}, 21).seconds * 1e3);

  compare_with_whole_model("demo, `permute --repeats 10`", {"permute"}, MODATTR_DEMO);
  compare_with_whole_model("demo, `permute --exact --examples 200`", {"permute", "--exact", "--examples", "200"},
                           MODATTR_DEMO);
  write_set(folder / "400.safetensors", 400);
  measured_run(MODATTR_BENCH_MODEL, {"single-stream", (folder / "single_stream.pt").string()});
  write_config(folder / "single_stream.json", "single_stream.pt", "400.safetensors");
  compare_with_whole_model("one Transformer over both modalities, N = 400, `permute --repeats 10`", {"permute"},
                           (folder / "single_stream.json").string());
  measured_run(MODATTR_BENCH_ENGINE, {MODATTR_DEMO, "demo", "exact", "whole"}, Output::kShown);
  measured_run(MODATTR_BENCH_ENGINE, {MODATTR_FEATURES_DEMO, "demo", "features"}, Output::kShown);
  measured_run(MODATTR_BENCH_ENGINE, {MODATTR_DEMO, "demo", "traces"}, Output::kShown);
  measured_run(MODATTR_BENCH_ENGINE, {(folder / "single_stream.json").string(), "one Transformer"}, Output::kShown);
  write_set(folder / "2000.safetensors", 2000);
  measured_run(MODATTR_BENCH_MODEL, {"two-towers", (folder / "two_towers.pt").string()});
  write_config(folder / "two_towers.json", "two_towers.pt", "2000.safetensors");
  measured_run(MODATTR_BENCH_ENGINE, {(folder / "two_towers.json").string(), "two towers, N = 2,000"}, Output::kShown);

  std::vector<double> peaks;
  for (const std::uint64_t example_count : {1'000u, 100'000u}) {
    const std::string data = std::to_string(example_count) + ".safetensors";
    const fs::path config = folder / (data + ".json");
    write_set(folder / data, example_count);
    write_config(config, "model.pt", data);
    peaks.push_back(
        measured_run(MODATTR_PROGRAM, {"permute", "--cache-mb", "0", "--config", config.string()}).mebibytes);
    std::printf("| `permute --cache-mb 0`, N = %lu of 4 KiB each: peak memory | %.1f MiB |\n",
                static_cast<unsigned long>(example_count), peaks.back());
  }
  std::printf("| peak memory without the feature cache at N = 100,000 over N = 1,000 | %.3f |\n", peaks[1] / peaks[0]);
  fs::remove_all(folder);
  // The figures are a contract: memory must not grow with the set.
  return peaks[1] <= 1.10 * peaks[0] ? EXIT_SUCCESS : EXIT_FAILURE;
}
