#pragma once

#include <string>
#include <vector>

namespace modattr {

/// What the definitions of a family, such as shapley.mean and shapley.full, say; for people, in one sentence.
struct DefinitionLegend {
  /// The definitions' part before the point.
  std::string family;
  std::string text;
  /// Those of its definitions that are shown where all are asked for only: others answer the same question, or they
  /// check a run.
  std::vector<std::string> details = {};
  /// `text` without what it says of them; empty = the same.
  std::string brief = {};
};

}  // namespace modattr
