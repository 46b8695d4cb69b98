#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace modattr {

/// Who plays: modalities, each with its features. At modality level a modality is one player; at feature level each of
/// its features (tokens, patches, columns ...) is one. Players are numbered modality by modality.
class Players {
 public:
  struct Modality {
    std::string name;
    /// One label per feature; a modality that is one player has a single feature with the modality's own name.
    std::vector<std::string> features;
  };

  Players() = default;
  /// Throws ConfigError when two modalities share a name or a modality has no feature.
  explicit Players(std::vector<Modality> modalities);
  /// Every modality is one player.
  static Players whole(std::span<const std::string> modality_names);

  std::size_t count() const noexcept { return modality_of_.size(); }
  std::size_t modality_count() const noexcept { return modalities_.size(); }
  const std::vector<Modality>& modalities() const noexcept { return modalities_; }
  const std::string& modality_name(std::size_t modality) const { return modalities_.at(modality).name; }
  std::optional<std::size_t> find_modality(std::string_view name) const noexcept;

  std::size_t modality_of(std::size_t player) const { return modality_of_.at(player); }
  std::size_t first_player(std::size_t modality) const { return first_player_.at(modality); }
  const std::string& label(std::size_t player) const;

 private:
  std::vector<Modality> modalities_;
  std::vector<std::size_t> modality_of_;
  std::vector<std::size_t> first_player_;
};

}  // namespace modattr
