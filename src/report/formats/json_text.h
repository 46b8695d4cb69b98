#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "modattr/core/attribution.h"

namespace modattr {

/// What scores.json says it is; the number changes when a field's meaning does.
inline constexpr std::string_view kScoresSchema = "modattr.scores/2";

/// The keys of a line of examples.jsonl, and those that a local surrogate adds. Every other key is a detail.
inline constexpr std::array<std::string_view, 20> kExampleKeys = {
    "id",          "run",         "label",      "predicted",           "target",         "label_name", "predicted_name",
    "target_name", "texts",       "value_full", "value_empty",         "efficiency_gap", "modalities", "interactions",
    "players",     "evaluations", "method",     "player_interactions", "group",          "label_names"};
inline constexpr std::array<std::string_view, 7> kSurrogateKeys = {
    "intercept", "r2", "local_prediction", "stability", "held_out", "pairs", "rules"};

/// JSON writes what is unknown or not finite as null.
nlohmann::ordered_json number_or_null(std::optional<double> value);

/// One line of JSON; bytes that are not UTF-8 become U+FFFD.
std::string to_line(const nlohmann::ordered_json& document);

/// A file that is shown with `cat` must not drive the terminal: controls, DEL and direction marks can only stand inside
/// strings, where an escape means the same.
std::string escape_invisible(std::string_view text);

}  // namespace modattr
