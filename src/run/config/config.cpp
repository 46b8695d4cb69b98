#include "modattr/run/config/config.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

#include "check/check_section.h"
#include "json_object.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/masking/segmentation.h"
#include "modattr/stats/target.h"
#include "name_list.h"
#include "players_reader.h"
#include "raw_reader.h"
#include "run_config.h"

namespace modattr {
namespace {

using Words = std::vector<std::string>;

const Words kRootKeys = {"model", "data", "modalities", "target", "value", "metric", "seed", "runs", "check"};
const Words kModelKeys = {"path", "kind", "output", "rows_per_call", "arguments"};
const Words kDataKeys = {"path", "label", "id", "group", "metadata", "classes", "allow_outside"};
const Words kModalityKeys = {"name",       "kind",        "inputs",       "players", "removal",
                             "vocab",      "special_ids", "columns",      "column",  "tokenizer",
                             "max_length", "max_seconds", "preprocessing"};
const Words kRemovalKeys = {"type", "rows", "path", "value", "id"};

const Words kModelKinds = {"logits",     "probabilities", "multilabel", "multilabel_probabilities",
                           "regression", "causal_lm",     "xgboost",    "lightgbm"};
const Words kModalityKinds = {"image", "tokens", "columns", "audio", "tensor"};
const Words kTargetWords = {"predicted", "label"};

/// Keys of a removal beside its type, and the types that read them.
struct RemovalKey {
  std::string key;
  std::vector<RemovalType> types;
};
const std::vector<RemovalKey> kRemovalKeyTypes = {{"rows", {RemovalType::kBackground}},
                                                  {"path", {RemovalType::kBackground, RemovalType::kMean}},
                                                  {"value", {RemovalType::kValue}},
                                                  {"id", {RemovalType::kToken}}};

std::string joined(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " or ") + word;
  return text;
}

std::string read_text(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    throw ConfigError(file.string() + ": expected a configuration file, got a folder");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw ConfigError(file.string() + ": expected a configuration file, got none; see `modattr init --help`");
  constexpr std::uintmax_t kLargest = 16u << 20;
  if (std::filesystem::file_size(file, error) > kLargest && !error) {
    throw ConfigError(file.string() + ": expected a configuration of at most 16 MiB, got a larger file");
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

OutputKind output_kind(const std::string& word) {
  if (word == "probabilities") return OutputKind::kProbabilities;
  if (word == "causal_lm") return OutputKind::kCausalLm;
  if (word == "multilabel") return OutputKind::kMultilabel;
  if (word == "multilabel_probabilities") return OutputKind::kMultilabelProbabilities;
  return word == "regression" ? OutputKind::kRegression : OutputKind::kLogits;
}

class ConfigReader {
 public:
  explicit ConfigReader(const std::filesystem::path& file) : folder_(file.parent_path()) {
    config_.file = file;
    const std::string text = read_text(file);
    document_ = parse_json(text, file.string());
  }

  /// Of a result, whose keys were read before.
  ConfigReader(Json document, std::string_view name) : document_(std::move(document)) {
    config_.file = name;
    if (!document_.is_object()) return;
    for (const char* key : {"runs", "check"}) document_.erase(key);
    std::vector<std::string> others;
    for (const auto& [key, value] : document_.items()) {
      if (std::ranges::find(kRootKeys, key) == kRootKeys.end()) others.push_back(key);
    }
    for (const std::string& key : others) document_.erase(key);
    // Beside what the model said itself.
    if (document_.contains("metric") && document_["metric"].is_null()) document_.erase("metric");
  }

  Config read() {
    JsonObject root(document_, config_.file.string());
    root.reject_unknown(kRootKeys);
    read_model(JsonObject(root.require("model"), root.where("model")));
    read_data(JsonObject(root.require("data"), root.where("data")));
    const Json& modalities = root.require("modalities");
    if (!modalities.is_array() || modalities.empty()) root.fail("modalities", "a list of at least one modality");
    for (std::size_t index = 0; index < modalities.size(); ++index) {
      read_modality(JsonObject(modalities[index], root.where("modalities[" + std::to_string(index) + "]")));
    }
    config_.metric = root.find_string("metric");
    config_.seed = root.find_count("seed").value_or(0);
    read_explanation_keys(root);
    if (const Json* check = root.find("check")) config_.check = check_section(*check, config_.file.string());
    config_.document = document_.dump(-1, ' ', false, Json::error_handler_t::replace);
    return std::move(config_);
  }

 private:
  std::filesystem::path resolved(const std::string& path) const { return (folder_ / path).lexically_normal(); }

  std::optional<std::filesystem::path> resolved(const std::optional<std::string>& path) const {
    return path ? std::optional(resolved(*path)) : std::nullopt;
  }

  void read_model(JsonObject model) {
    model.reject_unknown(kModelKeys);
    config_.model.path = resolved(model.require_string("path"));
    const std::string kind = model.find_word("kind", kModelKinds).value_or("logits");
    if (kind == "xgboost") config_.model.format = ModelFormat::kXgboost;
    if (kind == "lightgbm") config_.model.format = ModelFormat::kLightgbm;
    config_.model.kind = output_kind(kind);
    if (const Json* output = model.find("output")) {
      if (output->is_string()) {
        config_.model.output = output->get<std::string>();
      } else if (output->is_number_unsigned()) {
        config_.model.output = output->get<std::size_t>();
      } else {
        model.fail("output", "an index of at least 0 or a key");
      }
    }
    if (model.has("arguments")) config_.model.arguments = model.require_strings("arguments");
    if (const auto rows = model.find_count("rows_per_call")) {
      constexpr std::uint64_t kMost = 1u << 20;
      if (*rows < 1 || *rows > kMost) model.fail("rows_per_call", "1 to 1048576");
      config_.model.rows_per_call = *rows;
    }
  }

  void read_data(JsonObject data) {
    data.reject_unknown(kDataKeys);
    config_.data.path = resolved(data.require_string("path"));
    config_.data.label = data.find_string("label");
    config_.data.id = data.find_string("id");
    config_.data.group = data.find_string("group");
    config_.data.metadata = resolved(data.find_string("metadata"));
    NameList classes = read_name_list(data, "classes", folder_);
    config_.data.classes = std::move(classes.names);
    config_.data.classes_file = std::move(classes.file);
    if (const Json* outside = data.find("allow_outside")) {
      if (!outside->is_boolean()) data.fail("allow_outside", "true or false");
      config_.data.allow_outside = outside->get<bool>();
    }
  }

  void read_modality(JsonObject modality) {
    modality.reject_unknown(kModalityKeys);
    ModalityConfig result{.name = modality.require_string("name"),
                          .kind = modality.find_word("kind", kModalityKinds).value_or("tensor"),
                          .inputs = {},
                          .vocab = resolved(modality.find_string("vocab")),
                          .special_ids = {},
                          .columns = {},
                          .columns_file = {},
                          .players = {},
                          .removal = {},
                          .raw = {}};
    if (result.name.find('|') != std::string::npos) {
      throw ConfigError(modality.where("name") + ": expected a name without '|', as results name pairs a|b, got '" +
                        result.name + "'");
    }
    for (const std::string& text : modality.require_strings("inputs")) {
      const std::optional<InputReference> reference = parse_input_reference(text);
      if (!reference) modality.fail("inputs", "names such as \"x\", \"x[0:216]\" or \"x[0,3,5:9]\"");
      result.inputs.push_back(*reference);
    }
    if (const Json* ids = modality.find("special_ids")) {
      if (!ids->is_array()) modality.fail("special_ids", "a list of whole numbers");
      for (const Json& id : *ids) {
        if (!id.is_number_integer()) modality.fail("special_ids", "a list of whole numbers");
        result.special_ids.push_back(id.get<std::int64_t>());
      }
    }
    result.raw = read_raw(modality, result.kind, folder_);
    result.players = read_players(modality, folder_);
    read_columns(modality, result);
    read_removal(modality, result.removal);
    settle_removal_in(modality, result);
    config_.modalities.push_back(std::move(result));
  }

  void read_columns(JsonObject& modality, ModalityConfig& config) const {
    if (!modality.has("columns")) return;
    const std::string& type = config.players.type;
    if (!type.empty() && type != "column") {
      throw ConfigError(modality.where("columns") + ": expected players.type column, got " + type +
                        ", whose players are no columns; leave one of them out");
    }
    NameList columns = read_name_list(modality, "columns", folder_);
    config.columns = std::move(columns.names);
    config.columns_file = std::move(columns.file);
  }

  static void reject_keys_of_other_types(const JsonObject& removal, RemovalType type) {
    const std::span<const std::string> names = removal_names();
    for (const auto& [key, types] : kRemovalKeyTypes) {
      if (!removal.has(key) || std::ranges::find(types, type) != types.end()) continue;
      Words users;
      for (const RemovalType user : types) users.push_back(names[static_cast<std::size_t>(user)]);
      throw ConfigError(removal.where(key) + ": expected removal.type " + joined(users) + ", got " +
                        names[static_cast<std::size_t>(type)] + ", which does not read it");
    }
  }

  void read_removal(JsonObject& modality, RemovalConfig& config) const {
    const Json* value = modality.find("removal");
    if (value == nullptr) return;
    JsonObject removal(*value, modality.where("removal"));
    removal.reject_unknown(kRemovalKeys);
    removal.require("type");
    const std::string type = *removal.find_word("type", removal_names());
    config.type = static_cast<RemovalType>(std::ranges::find(removal_names(), type) - removal_names().begin());
    reject_keys_of_other_types(removal, config.type);
    config.rows = removal.find_count("rows");
    config.path = resolved(removal.find_string("path"));
    if (const Json* number = removal.find("value")) {
      if (!number->is_number()) removal.fail("value", "a number");
      config.value = number->get<double>();
    } else if (config.type == RemovalType::kValue) {
      removal.require("value");
    }
    if (const Json* id = removal.find("id")) {
      if (!id->is_number_integer()) removal.fail("id", "a whole number");
      config.token_id = id->get<std::int64_t>();
    } else if (config.type == RemovalType::kToken) {
      removal.require("id");
    }
  }

  void read_target_name(const JsonObject& root, const Json& target) {
    const Words& classes = config_.data.classes;
    const auto named = target.is_string() ? std::ranges::find(classes, target.get<std::string>()) : classes.end();
    if (named != classes.end()) {
      config_.target = {TargetChoice::kFixed, static_cast<std::uint32_t>(named - classes.begin())};
      return;
    }
    Words known = kTargetWords;
    known.insert(known.end(), classes.begin(), classes.end());
    const std::string word = target.is_string() ? nearest_word(target.get<std::string>(), known) : "";
    root.fail("target",
              std::string("\"predicted\", \"label\"") + (classes.empty() ? "" : ", a name of data.classes") +
                  " or a class index",
              word.empty() ? "" : "; did you mean '" + word + "'?");
  }

  /// Keys that say how examples are explained one by one; a configuration serves all commands, permutation needs none
  /// of them.
  void read_explanation_keys(JsonObject& root) {
    if (const Json* target = root.find("target")) {
      if (target->is_number_unsigned() && *target <= std::numeric_limits<std::uint32_t>::max()) {
        config_.target = {TargetChoice::kFixed, target->get<std::uint32_t>()};
      } else if (target->is_string() && *target == "label") {
        config_.target.choice = TargetChoice::kLabel;
      } else if (!target->is_string() || *target != "predicted") {
        read_target_name(root, *target);
      }
    }
    config_.value = root.find_word("value", value_names());
    if (const Json* runs = root.find("runs")) {
      if (!runs->is_array()) root.fail("runs", "a list of runs");
      for (std::size_t index = 0; index < runs->size(); ++index) {
        config_.runs.push_back(read_run((*runs)[index], root.where("runs[" + std::to_string(index) + "]")));
      }
    }
  }

  std::filesystem::path folder_;
  Json document_;
  Config config_;
};

}  // namespace

std::string_view player_type_of(const ModalityConfig& modality) {
  if (!modality.players.type.empty()) return modality.players.type;
  // What is tokenised again has no tokens of its own.
  if (modality.removal.type == RemovalType::kEmpty) return "word";
  // Whoever names columns wants to see them.
  if (!modality.columns.empty()) return "column";
  if (modality.kind == "image") return "patch";
  if (modality.kind == "tokens") return "token";
  if (modality.kind == "columns") return "column";
  return modality.kind == "audio" ? "segment" : "element";
}

Config read_config(const std::filesystem::path& file) {
  return ConfigReader(file).read();
}

Config read_result_config(const std::string& document) {
  return ConfigReader(Json::parse(document, nullptr, false), "configuration of the results").read();
}

std::filesystem::path find_config_file(const std::optional<std::filesystem::path>& explicit_file) {
  if (explicit_file) return *explicit_file;
  if (std::optional<std::filesystem::path> file = nearest_config_file()) return std::move(*file);
  throw ConfigError(
      "configuration: expected a modattr.json in this folder or above, got none; name one with --config FILE, "
      "or write one with `modattr init --model model.pt --data val.npz`");
}

}  // namespace modattr
