#include "run_identity.h"

#include <string>

#include "modattr/core/option_name.h"
#include "modattr/core/version.h"
#include "modattr/data/file_digest.h"
#include "run/config/json_object.h"
#include "run/config/run_config.h"
#include "run/raw/raw_data.h"

namespace modattr {

RunIdentity identity_of(const CommandRequest& request, const Config& config) {
  RunIdentity identity = {{"version", std::string(version())}};
  const auto add_file = [&](const std::string& name, const std::filesystem::path& file) {
    identity.emplace_back(name, sha256_of_file(file));
  };
  const CommonOptions& common = request.common;
  add_file("model file", common.model.value_or(config.model.path));
  identity.emplace_back("data file", digest_of_data(common.data.value_or(config.data.path), config));
  if (config.data.metadata) add_file("metadata file", *config.data.metadata);
  for (const ModalityConfig& modality : config.modalities) {
    if (modality.vocab) add_file("vocab of " + modality.name, *modality.vocab);
    if (modality.removal.path) add_file("removal.path of " + modality.name, *modality.removal.path);
  }
  const Json document = Json::parse(config.document);
  for (const auto& [key, value] : document.items()) identity.emplace_back(key, value.dump());
  const auto text_of = [](const auto& number) { return number ? std::to_string(*number) : std::string("none"); };
  identity.emplace_back(option("examples"), text_of(common.examples));
  identity.emplace_back(option("seed"), text_of(common.seed));
  identity.emplace_back(option("ids"), Json(common.ids).dump());
  identity.emplace_back(option("modality"), Json(common.modalities).dump());
  identity.emplace_back(option("device"), common.device);
  identity.emplace_back(option("no_split"), common.no_split ? "yes" : "no");
  identity.emplace_back(option("reproducible"), common.reproducible ? "yes" : "no");
  if (!request.engine.empty()) identity.emplace_back("command", request.engine);
  for (const OptionSchema& schema : request.options.schema()) {
    identity.emplace_back(option(schema.name), to_json(request.options.value(schema.name)).dump());
  }
  return identity;
}

}  // namespace modattr
