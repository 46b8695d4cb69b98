#pragma once

#include <string>

namespace modattr {

/// What the definitions of a family, such as shapley.mean and shapley.full, say; for people, in one sentence.
struct DefinitionLegend {
  /// The definitions' part before the point.
  std::string family;
  std::string text;
};

}  // namespace modattr
