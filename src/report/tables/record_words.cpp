#include "modattr/report/tables/record_words.h"

#include <array>
#include <charconv>
#include <cmath>

#include "modattr/report/number_format.h"
#include "modattr/report/text.h"

namespace modattr {

std::string class_words(const std::optional<std::string>& name, const std::string& index) {
  return name ? name_among_numbers(*name) : index;
}

std::string label_words(const ExampleRecord& record) {
  const double label = *record.label;
  if (label == std::trunc(label)) return class_words(record.label_name, format_exact(label));
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.begin(), text.end(), label, std::chars_format::general, 6).ptr;
  return {text.begin(), end};
}

std::string predicted_words(const ExampleRecord& record) {
  return class_words(record.predicted_name, std::to_string(*record.predicted));
}

std::string text_lines(const ExampleRecord& record, const std::vector<std::string>& modalities,
                       const TextStyle& style) {
  std::string lines;
  for (const ExampleText& text : record.texts) {
    const std::string line = terminal_text(modalities[text.modality] + ": " + text.text, style);
    for (const std::string& part : wrap_words(line, style.width - 2)) lines += "  " + part + "\n";
  }
  return lines;
}

}  // namespace modattr
