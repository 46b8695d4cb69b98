#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "modattr/core/labels.h"
#include "modattr/value/input_layout.h"

namespace modattr {

struct ModelConfig {
  std::filesystem::path path;
  OutputKind kind = OutputKind::kLogits;
  /// Index or key of the output when forward() returns a tuple or a dictionary.
  std::variant<std::size_t, std::string> output = std::size_t{0};
  /// Rows of every call; a model traced for one batch size needs that one here.
  std::size_t rows_per_call = 64;
};

struct DataConfig {
  std::filesystem::path path;
  std::optional<std::string> label;
  std::optional<std::string> id;
  std::optional<std::string> group;
  std::optional<std::filesystem::path> metadata;
};

struct ModalityConfig {
  std::string name;
  /// image, tokens, columns, audio or tensor.
  std::string kind = "tensor";
  std::vector<InputReference> inputs;
  std::optional<std::filesystem::path> vocab;
  std::vector<std::int64_t> special_ids;
};

/// A modattr.json: what is explained. Paths are resolved against the folder of the file.
struct Config {
  std::filesystem::path file;
  ModelConfig model;
  DataConfig data;
  std::vector<ModalityConfig> modalities;
  std::optional<std::string> metric;
  std::uint64_t seed = 0;
  /// The document itself, as serialised JSON.
  std::string document;
};

/// Reads and checks a configuration. Throws ConfigError `<file>: <key>: expected <what>, got <what>` for anything that
/// is missing, misspelt or of another type.
Config read_config(const std::filesystem::path& file);

/// `explicit_file`, else $MODATTR_CONFIG, else the nearest modattr.json in the working folder or above; throws
/// ConfigError when there is none.
std::filesystem::path find_config_file(const std::optional<std::filesystem::path>& explicit_file);

}  // namespace modattr
