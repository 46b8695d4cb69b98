#pragma once

#include <string>
#include <vector>

#include "project.h"

// Small sets and a model that several tests of first commands share.

namespace modattr {

/// Pictures, questions, labels and ids of four examples.
inline std::vector<TestArray> question_data() {
  return {TestArray::of<std::uint8_t>("image", {4, 3, 2, 2}, std::vector<std::uint8_t>(48, 7)),
          TestArray::of<std::int64_t>("input_ids", {4, 2}, {1, 2, 2, 1, 1, 1, 2, 2}),
          TestArray::of<std::int64_t>("attention_mask", {4, 2}, std::vector<std::int64_t>(8, 1)),
          TestArray::of<std::int64_t>("label", {4}, {0, 1, 0, 1}),
          TestArray::of<std::int64_t>("id", {4}, {5, 6, 7, 8})};
}

/// Takes question_data().
inline constexpr const char* kQuestionModel =
    "def forward(self, image, input_ids, attention_mask):\n"
    "  return image.float().mean([1, 2, 3]) - 8 + (input_ids * attention_mask)[:, 1].float()";

/// Numbers as [rows, 2].
inline TestArray table(const std::string& name, const std::vector<float>& values) {
  return TestArray::of<float>(name, {static_cast<std::int64_t>(values.size() / 2), 2}, values);
}

}  // namespace modattr
