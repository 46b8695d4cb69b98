#pragma once

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"
#include "project.h"

namespace modattr {

inline constexpr std::size_t kSumCount = 300;
inline constexpr std::size_t kSumDigits = 4;

/// Two one-hot vectors of four, with a little noise; the class is the sum of their places modulo four. Every thirtieth
/// example has another example's second vector, far away from where it should be.
struct SumData {
  std::vector<float> left;
  std::vector<float> right;
  std::vector<std::int64_t> labels;
  std::vector<std::int64_t> ids;

  SumData() {
    RandomStream stream = Rng(5).stream(RandomPurpose::kBackground, 0, 0);
    for (std::size_t example = 0; example < kSumCount; ++example) {
      const std::uint32_t first = stream.below(kSumDigits);
      const std::uint32_t second = stream.below(kSumDigits);
      const bool is_faulty = example % 30 == 4;
      const std::uint32_t shown = is_faulty ? (second + 1) % kSumDigits : second;
      for (std::uint32_t place = 0; place < kSumDigits; ++place) {
        left.push_back(static_cast<float>((place == first ? 1.0 : 0.0) + 0.05 * stream.uniform()));
        right.push_back(static_cast<float>((place == shown ? 1.0 : 0.0) + (is_faulty ? 0.6 : 0.05) * stream.uniform()));
      }
      labels.push_back((first + second) % kSumDigits);
      ids.push_back(static_cast<std::int64_t>(1000 + example));
    }
  }
  std::vector<TestArray> arrays() const {
    return {TestArray::of<float>("left", {kSumCount, kSumDigits}, left),
            TestArray::of<float>("right", {kSumCount, kSumDigits}, right),
            TestArray::of<std::int64_t>("label", {kSumCount}, labels),
            TestArray::of<std::int64_t>("id", {kSumCount}, ids)};
  }
};

inline Project sum_project() {
  Project project("logits", {});
  project.add_modality("left", {"left"}).add_modality("right", {"right"});
  for (Json& modality : project.config()["modalities"]) modality["kind"] = "columns";
  project
      .model(
          "def forward(self, left, right):\n"
          "  pairs = left.unsqueeze(2) * right.unsqueeze(1)\n"
          "  flat = pairs.flatten(1)\n"
          "  places = torch.arange(16)\n"
          "  answer = (places // 4 + places % 4) % 4\n"
          "  return 8.0 * torch.matmul(flat, torch.one_hot(answer, 4).float())")
      .data(SumData().arrays());
  return project;
}

/// The lines of trace.jsonl, of a trace with these arguments.
inline std::vector<Json> trace_lines(const Project& project, std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {"trace", "--out", "results", "--force"});
  const ProgramResult result = project.run(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  std::istringstream text(read_file(project.results() / "trace.jsonl"));
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line, nullptr, false));
  return lines;
}

}  // namespace modattr
