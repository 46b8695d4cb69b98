#include <algorithm>
#include <filesystem>

#include "modattr/core/error.h"
#include "modattr/data/array_file.h"
#include "modattr/data/array_tensor.h"
#include "modattr/model/torchscript_model.h"
#include "modattr/run/command.h"
#include "run/config/json_object.h"

namespace modattr {
namespace {

const std::vector<std::string> kLabelNames = {"label", "labels", "target",  "targets",
                                              "y",     "answer", "answers", "class"};
const std::vector<std::string> kIdNames = {"id", "ids", "example_id", "question_id"};

bool is_helper(const std::string& name) {
  return name.ends_with("__rows") || name.ends_with("__players") || name.ends_with("__baseline");
}

const Array* find_array(const std::vector<Array>& arrays, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto found = std::ranges::find(arrays, name, &Array::name);
    if (found != arrays.end()) return &*found;
  }
  return nullptr;
}

/// The kind of modality that an array looks like.
std::string guess_kind(const Array& array) {
  const bool integral = is_integral(array);
  if (array.shape.size() == 4 && (array.shape[1] == 1 || array.shape[1] == 3 || array.shape[1] == 4)) return "image";
  if (array.shape.size() == 2 && integral && array.dtype != c10::ScalarType::Byte) return "tokens";
  if (array.shape.size() == 2) return "columns";
  if (array.shape.size() == 3 && array.shape[1] == 1) return "audio";
  return "tensor";
}

/// Masks, segment and position ids belong to the tokens that they describe.
bool accompanies_tokens(const std::string& name) {
  return name.find("mask") != std::string::npos || name.find("token_type") != std::string::npos ||
         name.find("segment") != std::string::npos || name.find("position") != std::string::npos ||
         name.find("length") != std::string::npos;
}

std::string relative_to(const std::filesystem::path& file, const std::filesystem::path& folder) {
  return std::filesystem::absolute(file).lexically_relative(std::filesystem::absolute(folder)).generic_string();
}

std::vector<std::string> input_names(const Model& model, const std::vector<Array>& arrays, const Array* label,
                                     const Array* id) {
  std::vector<std::string> names;
  if (model.takes_dictionary()) {
    for (const Array& array : arrays) {
      if (&array != label && &array != id && !is_helper(array.name)) names.push_back(array.name);
    }
    return names;
  }
  std::string wanted;
  std::string missing;
  for (const ModelArgument& argument : model.arguments()) {
    const bool found = std::ranges::find(arrays, argument.name, &Array::name) != arrays.end();
    wanted += (wanted.empty() ? "" : ", ") + argument.name;
    if (found) names.push_back(argument.name);
    if (!found && !argument.optional) missing += (missing.empty() ? "" : ", ") + argument.name;
  }
  if (!missing.empty()) {
    std::string got;
    for (const Array& array : arrays) got += (got.empty() ? "" : ", ") + array.name;
    throw ConfigError("init: expected arrays named like the arguments of forward() of " + model.path() + ": " + wanted +
                      "; got " + got + " (missing: " + missing + ")");
  }
  return names;
}

Json modalities_json(const std::vector<std::string>& names, const std::vector<Array>& arrays) {
  Json modalities = Json::array();
  std::optional<std::size_t> tokens;
  for (const std::string& name : names) {
    const Array& array = *std::ranges::find(arrays, name, &Array::name);
    if (tokens && is_integral(array) && accompanies_tokens(name)) {
      modalities[*tokens]["inputs"].push_back(name);
      continue;
    }
    const std::string kind = guess_kind(array);
    if (kind == "tokens") tokens = modalities.size();
    const bool generic = kind == "tokens" && name == "input_ids";
    modalities.push_back(Json{{"name", generic ? "text" : name}, {"kind", kind}, {"inputs", {name}}});
  }
  return modalities;
}

/// The text of a modattr.json for a model and a data file; paths in it are relative to the option `folder`.
CommandResult run_init(const CommandRequest& request, const RunContext& context) {
  const std::filesystem::path model_path = request.common.model.value();
  const std::filesystem::path data_path = request.common.data.value();
  const std::filesystem::path folder = request.options.text("folder").value();
  const std::unique_ptr<Model> model = load_torchscript_model({.path = model_path, .device = "cpu"});
  const std::vector<Array> arrays = open_array_file(data_path);
  context.log("matching " + model->path() + " with " + data_path.string());
  const Array* label = find_array(arrays, kLabelNames);
  const Array* id = find_array(arrays, kIdNames);
  const std::vector<std::string> names = input_names(*model, arrays, label, id);
  if (names.empty()) throw ConfigError("init: expected at least one array for the model in " + data_path.string());

  const bool regression = label != nullptr && label->shape.size() <= 1 && !is_integral(*label);
  Json document;
  document["model"] = {{"path", relative_to(model_path, folder)}, {"kind", regression ? "regression" : "logits"}};
  document["data"] = {{"path", relative_to(data_path, folder)}};
  if (label != nullptr) document["data"]["label"] = label->name;
  if (id != nullptr) document["data"]["id"] = id->name;
  document["modalities"] = modalities_json(names, arrays);
  const bool counts = label != nullptr && label->shape.size() == 2 && label->shape[1] > 1;
  document["metric"] = regression ? "mse" : counts ? "vqa_accuracy" : "accuracy";
  document["seed"] = 0;
  return {.document = document.dump(2) + "\n"};
}

}  // namespace

MODATTR_COMMAND(init, run_init)

}  // namespace modattr
