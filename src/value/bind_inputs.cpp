#include "modattr/value/bind_inputs.h"

#include <algorithm>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/data/array_tensor.h"

namespace modattr {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

}  // namespace

void check_arguments(const Model& model, const InputLayout& layout) {
  if (model.takes_dictionary()) return;
  std::vector<std::string> wanted;
  bool missing = false;
  const std::vector<std::string> given = layout.input_names();
  for (const ModelArgument& argument : model.arguments()) {
    wanted.push_back(argument.name + (argument.optional ? " (optional)" : ""));
    missing |= !argument.optional && std::ranges::find(given, argument.name) == given.end();
  }
  const bool extra = std::ranges::any_of(given, [&](const std::string& name) {
    return std::ranges::find(model.arguments(), name, &ModelArgument::name) == model.arguments().end();
  });
  if (missing || extra) {
    throw ConfigError("modalities: expected the inputs of forward() of " + model.path() + ": " + join(wanted) +
                      "; got " + join(given));
  }
}

void check_columns(const Dataset& dataset, const InputLayout& layout) {
  for (std::size_t input = 0; input < layout.inputs.size(); ++input) {
    const Array& array = dataset.input(input);
    for (const InputPart& part : layout.inputs[input].parts) {
      for (const ColumnRange& range : part.columns) {
        if (array.shape.size() < 2 || range.end > array.shape[1]) {
          throw ConfigError("modality '" + layout.modalities.modality_name(part.modality) + "': expected columns of '" +
                            array.name + "' " + describe(array) + ", got " + array.name + "[" +
                            std::to_string(range.first) + ":" + std::to_string(range.end) + "]");
        }
      }
    }
  }
}

}  // namespace modattr
