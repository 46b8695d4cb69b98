// What a change costs, in whole processes: bench_compare --against PROGRAM | --save FILE | --compare FILE
//
// --against measures this build and another one in turns, pair by pair, so that the machine's drift meets both, and
// takes the median of the pairs' ratios. --save and --compare measure this build alone, against measurements of another
// hour.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "measured_run.h"

namespace modattr {
namespace {

constexpr int kRoundCount = 7;
/// A ratio above it is marked.
constexpr double kNoticed = 1.03;

struct Measure {
  std::string name;
  std::vector<std::string> arguments;
};

const std::vector<Measure>& measures() {
  static const std::vector<Measure> list = [] {
    const auto demo = [](const std::string& config, const std::string& name, std::vector<std::string> arguments) {
      arguments.insert(arguments.end(), {"--config", config});
      return Measure{name, std::move(arguments)};
    };
    return std::vector<Measure>{
        {"--version", {"--version"}},
        demo(MODATTR_DEMO, "permute", {"permute"}),
        demo(MODATTR_DEMO, "permute --exact --examples 200", {"permute", "--exact", "--examples", "200"}),
        demo(MODATTR_DEMO, "permute --no-split --examples 100", {"permute", "--no-split", "--examples", "100"}),
        demo(MODATTR_DEMO, "shap", {"shap"}),
        demo(MODATTR_FEATURES_DEMO, "shap --level feature --examples 5",
             {"shap", "--level", "feature", "--examples", "5"}),
        demo(MODATTR_FEATURES_DEMO, "lime --examples 20", {"lime", "--examples", "20"})};
  }();
  return list;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// Runs of one program, round by round.
struct Runs {
  std::vector<double> seconds;
  std::vector<double> mebibytes;

  void add(const Measurement& run) {
    seconds.push_back(run.seconds);
    mebibytes.push_back(run.mebibytes);
  }
  Measurement middle() const { return {.seconds = median(seconds), .mebibytes = median(mebibytes)}; }
};

double median_ratio(const std::vector<double>& before, const std::vector<double>& after) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < before.size(); ++round) ratios.push_back(after[round] / before[round]);
  return median(ratios);
}

void print_head() {
  std::puts("| measured | old | new | new / old | |\n|---|---|---|---|---|");
}

void print_line(const std::string& name, const char* unit, double before, double after, double ratio) {
  std::printf("| %s | %.4g %s | %.4g %s | %.3f | %s |\n", name.c_str(), before, unit, after, unit, ratio,
              ratio > kNoticed ? "MORE" : "");
  std::fflush(stdout);
}

/// Each program is first in every other pair.
void compare_programs(const std::string& other) {
  print_head();
  for (const Measure& measure : measures()) {
    Runs before;
    Runs after;
    measured_run(other, measure.arguments);
    measured_run(MODATTR_PROGRAM, measure.arguments);
    for (int round = 0; round < kRoundCount; ++round) {
      if (round % 2 == 0) before.add(measured_run(other, measure.arguments));
      after.add(measured_run(MODATTR_PROGRAM, measure.arguments));
      if (round % 2 != 0) before.add(measured_run(other, measure.arguments));
    }
    print_line(measure.name, "s", before.middle().seconds, after.middle().seconds,
               median_ratio(before.seconds, after.seconds));
    print_line(measure.name + ", peak memory", "MiB", before.middle().mebibytes, after.middle().mebibytes,
               median_ratio(before.mebibytes, after.mebibytes));
  }
}

/// By the name of the measure; the rounds go through all measures, so that drift meets them alike.
std::map<std::string, Measurement> measure_all() {
  std::map<std::string, Runs> runs;
  for (int round = 0; round < kRoundCount; ++round) {
    for (const Measure& measure : measures()) runs[measure.name].add(measured_run(MODATTR_PROGRAM, measure.arguments));
  }
  std::map<std::string, Measurement> middle;
  for (const auto& [name, all] : runs) middle[name] = all.middle();
  return middle;
}

void save(const std::string& path) {
  std::ofstream file(path);
  file << "measured\tseconds\tmebibytes\n";
  for (const auto& [name, run] : measure_all()) file << name << '\t' << run.seconds << '\t' << run.mebibytes << '\n';
  if (!file.flush()) throw std::runtime_error("bench: cannot write " + path);
}

std::map<std::string, Measurement> load(const std::string& path) {
  std::ifstream file(path);
  std::map<std::string, Measurement> saved;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string name;
    std::getline(cells, name, '\t');
    if (Measurement run; cells >> run.seconds >> run.mebibytes) saved[name] = run;
  }
  if (saved.empty()) throw std::runtime_error("bench: no measurements in " + path);
  return saved;
}

void compare_file(const std::string& path) {
  const std::map<std::string, Measurement> saved = load(path);
  const std::map<std::string, Measurement> now = measure_all();
  print_head();
  for (const Measure& measure : measures()) {
    const auto before = saved.find(measure.name);
    if (before == saved.end()) continue;
    const Measurement& after = now.at(measure.name);
    print_line(measure.name, "s", before->second.seconds, after.seconds, after.seconds / before->second.seconds);
    print_line(measure.name + ", peak memory", "MiB", before->second.mebibytes, after.mebibytes,
               after.mebibytes / before->second.mebibytes);
  }
}

}  // namespace
}  // namespace modattr

int main(int argument_count, char** arguments) {
  const std::string_view action = argument_count == 3 ? arguments[1] : "";
  try {
    if (action == "--against") {
      modattr::compare_programs(arguments[2]);
    } else if (action == "--save") {
      modattr::save(arguments[2]);
    } else if (action == "--compare") {
      modattr::compare_file(arguments[2]);
    } else {
      std::fputs("usage: bench_compare --against PROGRAM | --save FILE | --compare FILE\n", stderr);
      return EXIT_FAILURE;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
