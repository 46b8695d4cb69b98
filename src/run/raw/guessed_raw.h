#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/config/json_object.h"

namespace modattr {

/// What a starter configuration for a manifest is guessed from.
struct RawSetting {
  std::filesystem::path manifest;
  /// Beside it, and beside the manifest, a tokenizer.json and a preprocessor_config.json are looked for.
  std::filesystem::path model;
  /// Arguments of forward() without a default.
  std::vector<std::string> arguments;
  std::optional<std::string> label;
  std::optional<std::string> id;
  std::optional<std::string> group;
  bool has_class_file = false;
  /// Whether the model takes a few rows of these modalities; none = not known.
  std::function<bool(const Json& modalities)> takes = {};
};

/// A key that was guessed, and what was taken for what.
struct RawGuess {
  std::string key;
  std::string text;
};

/// Parts of a configuration; paths in it are as the setting has them.
struct GuessedRaw {
  Json modalities = Json::array();
  std::optional<std::string> label;
  std::optional<std::string> id;
  /// Where labels are texts and no file names them.
  std::vector<std::string> classes;
  std::vector<RawGuess> guesses;
  /// What may be meant otherwise.
  std::vector<std::string> warnings;
};

/// Matches the columns of a manifest with the arguments of forward(), by name and by what they hold: paths of pictures
/// and sounds, texts, numbers. Throws ConfigError for an argument that nothing fits.
GuessedRaw guess_raw(const RawSetting& setting);

}  // namespace modattr
