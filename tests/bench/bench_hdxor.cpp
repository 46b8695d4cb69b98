// Repeats the HD-XOR experiment of InterSHAP (Wenderoth et al., AAAI 2025) with the real program and prints its table
// beside the published one.
//   modattr_bench_hdxor [SEEDS]

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "hdxor.h"
#include "support/array_writers.h"
#include "support/program_process.h"

namespace {

namespace fs = std::filesystem;
using modattr::HdXorSetting;

/// A row of the published table: InterSHAP of the perceptron with early fusion, per cent.
struct Published {
  HdXorSetting setting;
  const char* name;
  const char* share;
  const char* local;
};

constexpr std::array<Published, 4> kPublished = {{{HdXorSetting::kFirstOnly, "first only", "0.2 ± 0.1", "3.4"},
                                                  {HdXorSetting::kSecondOnly, "second only", "3.1 ± 0.4", "-"},
                                                  {HdXorSetting::kSynergy, "synergy", "98.0", "85.8"},
                                                  {HdXorSetting::kRedundancy, "redundancy", "38.6 ± 0.5", "37.3"}}};

/// What one run of the program says, per cent.
struct Measured {
  double accuracy = 0.0;
  double share = 0.0;
  std::array<double, 2> share_interval{};
  double local = 0.0;
};

/// InterSHAP as published explains the probability of the predicted class: the program's defaults.
Measured explain(const fs::path& config, const fs::path& results) {
  const modattr::ProgramResult result = modattr::run_process(
      MODATTR_PROGRAM, {.arguments = {"shap", "--config", config.string(), "--out", results.string(), "--target",
                                      "predicted", "--value", "probability"}});
  if (result.exit_code != 0) throw std::runtime_error("bench: " + result.errors);
  const auto scores = nlohmann::json::parse(modattr::read_file(results / "scores.json"));
  const auto row_of = [&](const std::string& definition) {
    for (const auto& row : scores.at("rows")) {
      if (row.at("definition") == definition && row.at("group").is_null()) return row;
    }
    throw std::runtime_error("bench: no row " + definition);
  };
  const auto share = row_of("interaction.intershap");
  return {
      .accuracy = 100.0 * scores.at("score").get<double>(),
      .share = 100.0 * share.at("value").get<double>(),
      .share_interval = {100.0 * share.at("ci95").at(0).get<double>(), 100.0 * share.at("ci95").at(1).get<double>()},
      .local = 100.0 * row_of("interaction.intershap_local").at("value").get<double>()};
}

/// Mean and, of several networks, standard deviation.
std::string summary(const std::vector<Measured>& runs, double Measured::*figure) {
  const double count = static_cast<double>(runs.size());
  double mean = 0.0;
  for (const Measured& run : runs) mean += run.*figure / count;
  double variance = 0.0;
  for (const Measured& run : runs) variance += (run.*figure - mean) * (run.*figure - mean) / (count - 1.0);
  std::array<char, 64> text{};
  if (runs.size() > 1) {
    std::snprintf(text.data(), text.size(), "%.1f ± %.1f", mean, std::sqrt(variance));
  } else {
    std::snprintf(text.data(), text.size(), "%.1f", mean);
  }
  return text.data();
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::uint64_t seed_count = argument_count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 3;
  if (seed_count == 0) return 2;
  const fs::path folder = fs::temp_directory_path() / ("modattr-hdxor-" + std::to_string(getpid()));
  std::printf("\nHD-XOR: InterSHAP in per cent, mean ± standard deviation of %lu sets and networks\n\n",
              static_cast<unsigned long>(seed_count));
  std::puts(
      "| setting | accuracy | `intershap` | published | `_local` | published | 95 % interval of `intershap`, "
      "first network | removed by the mean: `intershap`; `_local` |\n|---|---|---|---|---|---|---|---|");
  for (const Published& published : kPublished) {
    std::vector<Measured> by_background;
    std::vector<Measured> by_mean;
    for (std::uint64_t seed = 0; seed < seed_count; ++seed) {
      const modattr::HdXorFiles files = modattr::write_hdxor(published.setting, seed, folder);
      by_background.push_back(explain(files.background_config, folder / "background"));
      by_mean.push_back(explain(files.mean_config, folder / "mean"));
      fs::remove_all(folder);
    }
    std::printf("| %s | %s | %s | %s | %s | %s | [%.1f, %.1f] | %s; %s |\n", published.name,
                summary(by_background, &Measured::accuracy).c_str(), summary(by_background, &Measured::share).c_str(),
                published.share, summary(by_background, &Measured::local).c_str(), published.local,
                by_background.front().share_interval[0], by_background.front().share_interval[1],
                summary(by_mean, &Measured::share).c_str(), summary(by_mean, &Measured::local).c_str());
    std::fflush(stdout);
  }
}
