#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "modattr/data/array_file.h"
#include "modattr/data/data_source.h"

namespace modattr {

/// The arrays of a file as inputs that were made of sounds, with the axis of each that time runs along.
inline std::shared_ptr<const DataSource> timed_source(const std::filesystem::path& file,
                                                      const std::vector<std::pair<std::string, TimeAxis>>& inputs) {
  auto source = std::make_shared<DataSource>();
  source->arrays = open_array_file(file);
  for (const auto& [input, time] : inputs) {
    RawRows rows{.input = input, .kind = OriginKind::kSound, .rows = {}};
    for (const Array& array : source->arrays) {
      if (array.name == input) rows.rows.resize(array.row_count(), "sound.wav");
    }
    rows.time = time;
    source->origins.push_back(std::move(rows));
  }
  return source;
}

}  // namespace modattr
