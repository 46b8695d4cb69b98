#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "modattr/core/labels.h"
#include "modattr/data/dataset.h"
#include "modattr/data/raw/column_encoding.h"
#include "modattr/data/raw/named_files.h"
#include "modattr/data/raw/picture_preprocessing.h"
#include "modattr/data/raw/sound/sound_preprocessing.h"
#include "modattr/tokenizers/tokenizer.h"

namespace modattr {

/// An input that is made of the pictures that a column names.
struct PictureInput {
  std::string input;
  std::string column;
  PicturePreprocessing preprocessing = {};
};

/// An input that is made of the sounds that a column names, float32.
struct SoundInput {
  std::string input;
  std::string column;
  SoundPreprocessing preprocessing = {};
  /// A second input, int64 [examples, steps]: 1 where a step of time is of the sound, 0 where it was filled up.
  std::optional<std::string> mask_input = std::nullopt;
};

/// What of an encoded text an input holds.
enum class TextPart { kIds, kAttentionMask, kTypeIds };

/// An input that is made of the texts of a column, int64 [examples, length].
struct TextPartInput {
  std::string input;
  std::string column;
  TextPart part = TextPart::kIds;
  std::shared_ptr<const Tokenizer> tokenizer = nullptr;
  /// Tokens of every text; nullopt = as the tokenizer's file says.
  std::optional<std::size_t> length = std::nullopt;
};

/// An input that is made of columns of numbers and categories.
struct ColumnsInput {
  std::string input;
  std::vector<ColumnEncoding> columns;
};

using RawInput = std::variant<PictureInput, SoundInput, TextPartInput, ColumnsInput>;

/// What is made of a manifest.
struct ManifestOptions {
  std::filesystem::path path = {};
  std::vector<RawInput> inputs = {};
  /// Inputs only: labels, ids and other columns are not read.
  DatasetContent content = DatasetContent::kInputsAndColumns;
  /// Column of labels; nullopt = "label" when there is one.
  std::optional<std::string> label = std::nullopt;
  /// Column of ids; nullopt = "id" when there is one.
  std::optional<std::string> id = std::nullopt;
  /// Further columns that somebody reads.
  std::vector<std::string> columns = {};
  /// Those of them that may hold lists, which are kept as JSON text.
  std::vector<std::string> nested_columns = {};
  /// Names of the classes, which labels may be.
  std::vector<std::string> class_names = {};
  OutsideFiles outside = OutsideFiles::kRefused;
  BrokenFiles broken = BrokenFiles::kError;
  /// Ids of the examples that are read, the others are left out; nullopt = all of them. No file of another one is
  /// opened.
  std::optional<std::set<std::string>> ids = std::nullopt;
  /// Files are tried on so many threads where broken ones are left out.
  std::size_t thread_count = 1;
};

/// Whether a path names a manifest: it ends in .jsonl or .csv.
bool is_manifest(const std::filesystem::path& path);

/// The columns of a manifest, in its order.
std::vector<std::string> manifest_columns(const std::filesystem::path& path);

/// Opens a manifest: one JSON object or CSV row per example. Inputs are made when they are read; examples that name one
/// file or have one text share a row (NAME__rows). DataError naming the line for a cell that cannot be used, and, when
/// a row is read, for a file that cannot be decoded.
std::shared_ptr<const DataSource> open_manifest(const ManifestOptions& options);

}  // namespace modattr
