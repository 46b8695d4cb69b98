#include "modattr/core/players.h"

#include <utility>

#include "modattr/core/error.h"

namespace modattr {

Players::Players(std::vector<Modality> modalities) : modalities_(std::move(modalities)) {
  for (std::size_t modality = 0; modality < modalities_.size(); ++modality) {
    const Modality& added = modalities_[modality];
    if (added.features.empty())
      throw ConfigError("modality '" + added.name + "': expected at least one player, got none");
    if (*find_modality(added.name) != modality) {
      throw ConfigError("modalities: expected distinct names, got '" + added.name + "' twice");
    }
    first_player_.push_back(modality_of_.size());
    modality_of_.insert(modality_of_.end(), added.features.size(), modality);
  }
}

Players Players::whole(std::span<const std::string> modality_names) {
  std::vector<Modality> modalities;
  for (const std::string& name : modality_names) modalities.push_back({name, {name}});
  return Players(std::move(modalities));
}

std::optional<std::size_t> Players::find_modality(std::string_view name) const noexcept {
  for (std::size_t modality = 0; modality < modalities_.size(); ++modality) {
    if (modalities_[modality].name == name) return modality;
  }
  return std::nullopt;
}

const std::string& Players::label(std::size_t player) const {
  const std::size_t modality = modality_of(player);
  return modalities_[modality].features[player - first_player_[modality]];
}

}  // namespace modattr
