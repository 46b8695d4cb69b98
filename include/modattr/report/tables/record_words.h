#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modattr/report/score_table.h"
#include "modattr/report/text_style.h"

namespace modattr {

/// The label of an example: a class by its name or index, another number with six significant digits. The example must
/// have one.
std::string label_words(const ExampleRecord& record);

/// The class that the model predicts for an example, by its name or index. There must be one.
std::string predicted_words(const ExampleRecord& record);

/// A class by its name, else by its index.
std::string class_words(const std::optional<std::string>& name, const std::string& index);

/// What the texts of an example say, in indented lines.
std::string text_lines(const ExampleRecord& record, const std::vector<std::string>& modalities, const TextStyle& style);

}  // namespace modattr
