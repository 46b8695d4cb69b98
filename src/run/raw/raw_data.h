#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "modattr/data/dataset.h"
#include "modattr/data/raw/named_files.h"
#include "modattr/run/config/config.h"

namespace modattr {

/// How the files that a manifest names are read.
struct RawReading {
  BrokenFiles broken = BrokenFiles::kError;
  std::size_t thread_count = 1;
  /// The examples that are read; nullopt = all.
  std::optional<std::set<std::string>> ids = std::nullopt;
};

/// Gives `options` the inputs that the configuration makes of the manifest options.path, and leaves them as they are
/// where it is a file of arrays. Throws ConfigError where a modality lacks the keys that it needs then, or has them and
/// there is no manifest.
void use_manifest(DatasetOptions& options, const Config& config, const RawReading& reading);

/// SHA-256 of a validation set: of a file of arrays that of the file; of a manifest that of its own content, of the
/// names and contents of the files that the configuration reads, and of the tokenizers and preprocessing files. Throws
/// DataError where the manifest cannot be read.
std::string digest_of_data(const std::filesystem::path& path, const Config& config);

/// Sets what follows from the manifest: special ids of tokens, where none are configured; names of columns are those of
/// the data.
void take_raw_settings(const Dataset& dataset, Config& config);

}  // namespace modattr
