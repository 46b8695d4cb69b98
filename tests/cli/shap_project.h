#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "project.h"

namespace modattr {

/// `modattr shap --format json` with further arguments.
inline Scores shap(const Project& project, std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {"shap", "--format", "json"});
  return Scores(project.run(arguments));
}

/// Runs shap with --out and expects a message, and no folder.
inline void expect_shap_failure(const Project& project, int exit_code, std::initializer_list<const char*> phrases,
                                std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {"shap", "--out", "other"});
  expect_one_line(project.run(arguments), exit_code, phrases);
  EXPECT_FALSE(std::filesystem::exists(project.path("other"))) << "a folder that was made for a run goes with it";
}

/// The lines of examples.jsonl of a run with --out.
inline std::vector<Json> explained_examples(const Project& project, std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {"shap", "--out", "results"});
  const ProgramResult result = project.run(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  std::istringstream text(read_file(project.results() / "examples.jsonl"));
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line, nullptr, false));
  return lines;
}

/// Two bits as probabilities of class 1 by a formula of the floats a and b, with all four pairs as the set; the answers
/// are right.
inline Project bits_project(const std::string& formula, const std::vector<std::int64_t>& labels) {
  Project project("probabilities", {"a", "b"});
  project.model("def forward(self, a, b):\n  return " + formula)
      .data({TestArray::of<float>("a", {4, 1}, {0, 0, 1, 1}), TestArray::of<float>("b", {4, 1}, {0, 1, 0, 1}),
             TestArray::of<std::int64_t>("label", {4}, labels),
             TestArray::of<std::int64_t>("id", {4}, {10, 11, 12, 13})});
  return project;
}

inline Project and_project() {
  return bits_project("a * b", {0, 0, 0, 1});
}

}  // namespace modattr
