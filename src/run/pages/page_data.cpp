#include "page_data.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "modattr/data/webp_writer.h"
#include "modattr/report/number_format.h"

namespace modattr {
namespace {

/// Sides of pictures in pixels, the largest first.
constexpr std::array<std::size_t, 8> kSides = {320, 224, 160, 112, 80, 56, 40, 28};
/// Smaller pictures have losses, without which photographs would take several times the room.
constexpr std::size_t kLeastExactSide = 112;
/// Pictures that tell how large all of them will be.
constexpr std::size_t kTriedPictures = 48;

struct Wanted {
  /// Players of columns are shown beside their numbers.
  std::set<std::size_t> modalities_with_players;
};

std::map<std::string, Wanted> wanted_examples(std::span<const std::vector<ExampleRecord>* const> records) {
  std::map<std::string, Wanted> wanted;
  for (const std::vector<ExampleRecord>* list : records) {
    for (const ExampleRecord& record : *list) {
      if (!record.id) continue;
      Wanted& own = wanted[*record.id];
      for (const PlayerScore& player : record.attribution.players) own.modalities_with_players.insert(player.modality);
    }
  }
  return wanted;
}

std::string encoded(const Raster& raster, std::size_t side) {
  const bool is_smaller = std::max(raster.width, raster.height) > side;
  const Raster shown = shrink(raster, side);
  return is_smaller && side < kLeastExactSide ? to_webp(shown) : to_png(shown);
}

/// A row of a modality that has pictures.
using Row = std::pair<std::size_t, std::uint32_t>;

std::size_t fitting_side(const std::vector<DataPictures>& sources, const std::vector<Row>& rows,
                         std::size_t most_bytes) {
  const std::size_t step = std::max<std::size_t>(rows.size() / kTriedPictures, 1);
  std::vector<Raster> tried;
  for (std::size_t place = 0; place < rows.size(); place += step) {
    tried.push_back(sources[rows[place].first].raster(rows[place].second));
  }
  for (const std::size_t side : kSides) {
    std::size_t bytes = 0;
    for (const Raster& raster : tried) bytes += encoded(raster, side).size();
    if (bytes * rows.size() / tried.size() <= most_bytes) return side;
  }
  return kSides.back();
}

}  // namespace

std::size_t room_for_pictures(std::size_t page_bytes, std::size_t example_count) {
  // Sizes and places of a picture, beside its file.
  constexpr std::size_t kBytesPerPicture = 64;
  constexpr std::size_t kFewestBytes = 500'000;
  const std::size_t rest = page_bytes + kBytesPerPicture * example_count;
  const std::size_t room = rest < kMostPageBytes ? kMostPageBytes - rest : 0;
  // Base 64 takes a third more, and the sizes are estimated.
  return std::clamp(room * 3 / 4 * 8 / 9, kFewestBytes, kMostPictureBytes);
}

PageData page_data(const Dataset& dataset, const std::vector<std::string>& inputs,
                   const std::vector<ShownModality>& modalities,
                   std::span<const std::vector<ExampleRecord>* const> records, std::size_t most_bytes,
                   std::vector<std::string>& missing, Progress& progress) {
  PageData data;
  const std::map<std::string, Wanted> wanted = wanted_examples(records);
  std::vector<std::string> groups(dataset.example_count());
  if (dataset.group_column()) {
    data.group_column = *dataset.group_column();
    for (const Stratum& stratum : dataset.strata(data.group_column)) {
      for (const std::uint32_t example : stratum.examples) groups[example] = stratum.name;
    }
  }
  std::vector<DataPictures> sources;
  for (const ShownModality& modality : modalities) sources.emplace_back(dataset, inputs, modality);
  std::vector<Row> rows;
  std::map<Row, std::size_t> places;
  for (std::size_t example = 0; example < dataset.example_count(); ++example) {
    const auto found = wanted.find(dataset.id(example));
    if (found == wanted.end()) continue;
    PageExample& own = data.examples[found->first];
    if (dataset.group_column()) own.group = groups[example];
    for (std::size_t modality = 0; modality < modalities.size(); ++modality) {
      if (sources[modality].has_pictures()) {
        const Row row{modality, sources[modality].row_of(example)};
        const auto [entry, added] = places.try_emplace(row, rows.size());
        if (added) rows.push_back(row);
        own.pictures.push_back({.modality = modality, .picture = entry->second});
      }
      if (!found->second.modalities_with_players.contains(modality)) continue;
      std::vector<double> values = column_values(dataset, inputs, modalities[modality], example);
      if (!values.empty()) own.columns.push_back({.modality = modality, .values = std::move(values)});
    }
  }
  if (data.examples.size() < wanted.size()) {
    missing.push_back("The data holds " + std::to_string(data.examples.size()) + " of the " +
                      counted(wanted.size(), "example") + " of the results.");
  }
  if (rows.empty()) return data;
  const std::size_t side = fitting_side(sources, rows, most_bytes);
  std::size_t bytes = 0;
  progress.begin("pictures", rows.size());
  for (const Row& row : rows) {
    const DataPictures& source = sources[row.first];
    std::string file = encoded(source.raster(row.second), side);
    // What was estimated on a few may be off by a little.
    if (bytes + file.size() > most_bytes + most_bytes / 8) {
      missing.push_back("Pictures of the first " + counted(data.pictures.size(), "row") + " of " +
                        std::to_string(rows.size()) + " are in this page: more would make it too large.");
      break;
    }
    bytes += file.size();
    data.pictures.push_back(
        {.file = std::move(file), .width = source.width(), .height = source.height(), .is_sound = source.is_sound()});
    progress.advance(1);
  }
  progress.finish();
  for (auto& [id, example] : data.examples) {
    std::erase_if(example.pictures,
                  [&](const PageExample::Shown& shown) { return shown.picture >= data.pictures.size(); });
  }
  return data;
}

}  // namespace modattr
