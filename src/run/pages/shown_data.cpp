#include "shown_data.h"

#include <system_error>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/data/file_digest.h"
#include "modattr/data/raw/manifest.h"
#include "modattr/run/config/config.h"
#include "run/config/json_object.h"
#include "run/raw/raw_data.h"

namespace modattr {
namespace {

/// A data file and the metadata beside it.
struct Candidate {
  std::filesystem::path path;
  std::optional<std::filesystem::path> metadata;
  /// Whether the result itself names it.
  bool is_named = false;
};

const Json* object_in(const Json& config, const char* key) {
  const auto found = config.find(key);
  return found != config.end() && found->is_object() ? &*found : nullptr;
}

std::optional<std::string> text_in(const Json* object, const char* key) {
  if (object == nullptr) return std::nullopt;
  const auto found = object->find(key);
  return found != object->end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

OutputKind kind_of(const std::string& word) {
  if (word == "probabilities") return OutputKind::kProbabilities;
  if (word == "causal_lm") return OutputKind::kCausalLm;
  if (word == "multilabel") return OutputKind::kMultilabel;
  if (word == "multilabel_probabilities") return OutputKind::kMultilabelProbabilities;
  return word == "regression" ? OutputKind::kRegression : OutputKind::kLogits;
}

bool is_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

/// SHA-256 of data as results name it.
std::string digest_of(const ScoreTable& table, const std::filesystem::path& path) {
  return is_manifest(path) ? digest_of_data(path, read_result_config(table.config)) : sha256_of_file(path);
}

std::optional<Candidate> candidate_of_config(const DataPlaces& places) {
  try {
    const Config config = read_config(find_config_file(places.config));
    return Candidate{.path = config.data.path, .metadata = config.data.metadata};
  } catch (const Error&) {
    // A configuration that was named has to be one.
    if (places.config) throw;
    return std::nullopt;
  }
}

ShownData open_candidate(const ScoreTable& table, const Candidate& candidate, const std::set<std::string>& ids) {
  const Json config = Json::parse(table.config, nullptr, false);
  const Json* data = object_in(config, "data");
  ShownData shown{.dataset = nullptr, .modalities = shown_modalities(table)};
  const bool has_metadata = candidate.metadata && is_file(*candidate.metadata);
  // Names of columns may be keys of the metadata: without it only the file's own are known.
  DatasetOptions options{.path = candidate.path,
                         .inputs = shown_inputs(shown.modalities),
                         .label = text_in(data, "label"),
                         .id = text_in(data, "id"),
                         .group = text_in(data, "group"),
                         .metadata = has_metadata ? candidate.metadata : std::nullopt,
                         .output_kind = kind_of(text_in(object_in(config, "model"), "kind").value_or(""))};
  if (is_manifest(candidate.path)) {
    if (ids.empty()) return shown;
    const Config own = read_result_config(table.config);
    options.class_names = own.data.classes;
    use_manifest(options, own, {.ids = ids});
  }
  shown.dataset = std::make_unique<Dataset>(options);
  return shown;
}

}  // namespace

std::vector<ShownModality> shown_modalities(const ScoreTable& table) {
  std::vector<ShownModality> modalities;
  const Json config = Json::parse(table.config, nullptr, false);
  if (!config.is_object()) return modalities;
  const auto list = config.find("modalities");
  if (list == config.end() || !list->is_array()) return modalities;
  for (const Json& entry : *list) {
    if (!entry.is_object()) return {};
    ShownModality modality{
        .name = text_in(&entry, "name").value_or(""), .kind = text_in(&entry, "kind").value_or("tensor"), .inputs = {}};
    const auto inputs = entry.find("inputs");
    if (inputs != entry.end() && inputs->is_array()) {
      for (const Json& input : *inputs) {
        if (!input.is_string()) continue;
        if (std::optional<InputReference> reference = parse_input_reference(input.get<std::string>())) {
          modality.inputs.push_back(std::move(*reference));
        }
      }
    }
    modalities.push_back(std::move(modality));
  }
  return modalities;
}

std::optional<ShownData> open_shown_data(const ScoreTable& table, const DataPlaces& places, std::string& reason) {
  const Json config = Json::parse(table.config, nullptr, false);
  const Json* data = config.is_object() ? object_in(config, "data") : nullptr;
  std::optional<std::filesystem::path> metadata;
  if (const std::optional<std::string> text = text_in(data, "metadata")) metadata = *text;
  if (places.asked) {
    const std::string sha256 = digest_of(table, *places.asked);
    if (sha256 != table.data.sha256) {
      throw DataError(places.asked->string() + ": expected the data of the results, SHA-256 " +
                      table.data.sha256.substr(0, 12) + "..., got another file, " + sha256.substr(0, 12) + "...");
    }
    return open_candidate(table, {.path = *places.asked, .metadata = metadata}, places.ids);
  }
  std::vector<Candidate> candidates;
  if (const std::optional<std::string> text = text_in(data, "path")) candidates.push_back({*text, metadata, true});
  if (std::optional<Candidate> other = candidate_of_config(places)) candidates.push_back(std::move(*other));
  bool is_other = false;
  for (const Candidate& candidate : candidates) {
    if (!is_file(candidate.path)) continue;
    try {
      if (digest_of(table, candidate.path) != table.data.sha256) {
        is_other = is_other || candidate.is_named;
        continue;
      }
      return open_candidate(table, candidate, places.ids);
    } catch (const Error& error) {
      reason = error.what();
      return std::nullopt;
    }
  }
  const std::string name = std::filesystem::path(table.data.path).filename().string();
  reason = is_other ? "the file " + name + " is another one by now (its SHA-256 differs)"
                    : "the file " + name + " was not found; " + option("data") + " names it";
  return std::nullopt;
}

}  // namespace modattr
