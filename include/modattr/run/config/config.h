#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "modattr/check/check_settings.h"
#include "modattr/core/labels.h"
#include "modattr/core/options.h"
#include "modattr/masking/baseline.h"
#include "modattr/run/config/raw_config.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// What kind of file a model is.
enum class ModelFormat { kTorchScript, kXgboost, kLightgbm };

struct ModelConfig {
  std::filesystem::path path;
  ModelFormat format = ModelFormat::kTorchScript;
  /// Of a TorchScript file; models of trees say it themselves, and an experiment fills it in.
  OutputKind kind = OutputKind::kLogits;
  /// Index or key of the output when forward() returns a tuple or a dictionary; "margin" or "prediction" of a
  /// regression of trees.
  std::variant<std::size_t, std::string> output = std::size_t{0};
  /// Names of forward()'s arguments in its order, of a compiled package that does not name them itself.
  std::vector<std::string> arguments;
  /// Rows of every call; a model traced for one batch size needs that one here. nullopt: by the device.
  std::optional<std::size_t> rows_per_call;
};

struct DataConfig {
  std::filesystem::path path;
  std::optional<std::string> label;
  std::optional<std::string> id;
  std::optional<std::string> group;
  std::optional<std::filesystem::path> metadata;
  /// Names of the classes, or of the labels of a multilabel model, by index; empty = they have none.
  std::vector<std::string> classes;
  /// Where the names come from, if not from the configuration itself.
  std::optional<std::filesystem::path> classes_file;
  std::optional<std::string> classes_array;
  /// Whether a manifest may name files outside its folder.
  bool allow_outside = false;
};

/// Where the boxes of pictures come from: a file, or a column of the manifest.
struct BoxesConfig {
  std::optional<std::filesystem::path> file;
  std::optional<std::string> column;
  /// [x, y, width, height] instead of [x0, y0, x1, y1].
  bool has_sizes = false;
  /// Whether pixels in no box are a player.
  bool has_background = true;
};

/// What the players of a modality are when its features play.
struct PlayersConfig {
  /// whole, patch, token, column ...; empty = by the modality's kind.
  std::string type;
  /// Height and width of a patch, or length of a segment in [1].
  std::optional<std::array<std::size_t, 2>> size;
  /// About how many superpixels there are, and how much nearness counts beside likeness of colour.
  std::size_t segment_count = 50;
  double compactness = 10.0;
  BoxesConfig boxes;
};

/// Rows of a background where nothing says how many.
inline constexpr std::size_t kDefaultBackgroundRows = 50;

/// How a modality's data is removed.
struct RemovalConfig {
  RemovalType type = RemovalType::kBackground;
  /// Rows of the background; 0 = all.
  std::optional<std::size_t> rows;
  /// Reference file of the background; nullopt = the validation set.
  std::optional<std::filesystem::path> path;
  double value = 0.0;
  std::optional<std::int64_t> token_id;
};

/// Whose class is explained.
enum class TargetChoice { kPredicted, kLabel, kFixed };

struct TargetConfig {
  TargetChoice choice = TargetChoice::kPredicted;
  /// Class, or column of a regression's output, for kFixed.
  std::uint32_t fixed = 0;
};

struct ModalityConfig {
  std::string name;
  /// image, tokens, columns, audio or tensor.
  std::string kind = "tensor";
  std::vector<InputReference> inputs;
  std::optional<std::filesystem::path> vocab;
  std::vector<std::int64_t> special_ids;
  /// Names of its columns, over its inputs; empty = they have none.
  std::vector<std::string> columns;
  /// Where the names come from, if not from the configuration itself.
  std::optional<std::filesystem::path> columns_file;
  PlayersConfig players;
  RemovalConfig removal;
  /// How its inputs are made, where data.path is a manifest.
  RawConfig raw;
};

/// The word of players.type that is in force: the modality's own, or that of its kind.
std::string_view player_type_of(const ModalityConfig& modality);

/// An entry of `runs`.
struct RunConfig {
  /// A name of the registry.
  std::string engine;
  OptionValues options;
  /// As in CommonOptions.
  std::optional<std::size_t> examples = std::nullopt;
  std::vector<std::string> ids = {};
  std::vector<std::string> modalities = {};
};

/// A modattr.json: what is explained. Paths are resolved against the folder of the file.
struct Config {
  std::filesystem::path file;
  ModelConfig model;
  DataConfig data;
  std::vector<ModalityConfig> modalities;
  std::optional<std::string> metric;
  TargetConfig target;
  /// A word of value_names(); nullopt = by the kind of model.
  std::optional<std::string> value;
  std::uint64_t seed = 0;
  std::vector<RunConfig> runs;
  CheckSettings check;
  /// The document itself, as serialised JSON.
  std::string document;
};

/// Reads and checks a configuration. Throws ConfigError `<file>: <key>: expected <what>, got <what>` for anything that
/// is missing, misspelt or of another type.
Config read_config(const std::filesystem::path& file);

/// What a result says of its configuration (ScoreTable::config), without what its command was asked for; paths are as
/// they were for that command.
Config read_result_config(const std::string& document);

/// `explicit_file`, else $MODATTR_CONFIG, else the nearest modattr.json in the working folder or above; throws
/// ConfigError when there is none.
std::filesystem::path find_config_file(const std::optional<std::filesystem::path>& explicit_file);

}  // namespace modattr
