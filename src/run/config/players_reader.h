#pragma once

#include <filesystem>

#include "json_object.h"
#include "modattr/run/config/config.h"

namespace modattr {

/// Reads the players of a modality; paths are relative to `folder`. Throws ConfigError for a key that their type does
/// not read.
PlayersConfig read_players(JsonObject& modality, const std::filesystem::path& folder);

/// Brings players.removal_in and the removal together, once both are read: words and sentences that are removed in the
/// text leave the empty text behind. Throws ConfigError where they do not go together.
void settle_removal_in(JsonObject& modality, ModalityConfig& config);

}  // namespace modattr
