#pragma once

#include <initializer_list>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "project.h"

namespace modattr {

/// `modattr lime --format json` with further arguments.
inline Scores lime(const Project& project, std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {"lime", "--format", "json"});
  return Scores(project.run(arguments));
}

/// The lines of examples.jsonl of `modattr lime --out`.
inline std::vector<Json> lime_examples(const Project& project, std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {"lime", "--out", "results", "--force"});
  const ProgramResult result = project.run(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  std::istringstream text(read_file(project.results() / "examples.jsonl"));
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line, nullptr, false));
  return lines;
}

/// Six words, the ids 1 ... 6, and nine patches of one pixel; the answer needs word 3 and the patch in the middle
/// together, and a little word 1.
inline Project conjunction_project() {
  Project project("regression", {});
  project.add_modality("image", {"image"}).add_modality("text", {"ids"});
  Json& modalities = project.config()["modalities"];
  modalities[0]["kind"] = "image";
  modalities[0]["players"] = {{"type", "patch"}, {"size", 1}};
  modalities[0]["removal"] = {{"type", "zero"}};
  modalities[1]["kind"] = "tokens";
  modalities[1]["players"] = {{"type", "token"}};
  modalities[1]["removal"] = {{"type", "token"}, {"id", 0}};
  project
      .model(
          "def forward(self, image, ids):\n"
          "  word = (ids[:, 2] == 3).float()\n"
          "  patch = image[:, 0, 1, 1]\n"
          "  return (word * patch + 0.1 * (ids[:, 0] == 1).float()).unsqueeze(1)")
      .data({TestArray::of<float>("image", {2, 1, 3, 3}, std::vector<float>(18, 1.0F)),
             TestArray::of<std::int64_t>("ids", {2, 6}, {1, 2, 3, 4, 5, 6, 1, 5, 3, 2, 4, 6})});
  return project;
}

}  // namespace modattr
