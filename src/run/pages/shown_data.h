#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "data_pictures.h"
#include "modattr/data/dataset.h"
#include "modattr/report/score_table.h"

namespace modattr {

/// The validation set behind a result, opened without its model. Of a manifest only the examples that are shown: files
/// of others are not opened.
struct ShownData {
  /// nullptr where no example of a manifest is shown.
  std::unique_ptr<Dataset> dataset;
  std::vector<ShownModality> modalities;
};

/// Where a validation set may be.
struct DataPlaces {
  /// The one that was asked for.
  std::optional<std::filesystem::path> asked;
  /// A configuration that may name it; one is looked for where none is given.
  std::optional<std::filesystem::path> config;
  /// Ids of the examples that are shown.
  std::set<std::string> ids = {};
};

/// The modalities of a result's configuration.
std::vector<ShownModality> shown_modalities(const ScoreTable& table);

/// Opens the file that is asked for, else the one that the result names from the working folder, else the
/// configuration's one, by the result's own configuration. nullopt, and why in `reason`, where there is none with the
/// result's SHA-256. Throws DataError where the file that is asked for is another one or cannot be read.
std::optional<ShownData> open_shown_data(const ScoreTable& table, const DataPlaces& places, std::string& reason);

}  // namespace modattr
