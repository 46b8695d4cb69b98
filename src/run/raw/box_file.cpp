#include "box_file.h"

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "modattr/core/error.h"
#include "modattr/data/messages.h"
#include "run/config/json_object.h"

namespace modattr {
namespace {

constexpr const char* kBoxForms = "[x0, y0, x1, y1], with a name behind them where it has one";

Json parse_boxes(const std::string& text, const std::string& where) {
  try {
    return parse_json(text, where);
  } catch (const ConfigError& error) {
    throw DataError(error.what());
  }
}

/// Boxes of one picture.
class BoxListReader {
 public:
  BoxListReader(const BoxesConfig& config, std::string where) : config_(config), where_(std::move(where)) {}

  std::vector<PictureBox> read(const Json& list) const {
    if (list.is_null()) return {};
    if (!list.is_array()) throw_data_error(where_, "a list of boxes", list.dump());
    std::vector<PictureBox> boxes;
    for (const Json& entry : list) {
      boxes.push_back(read_one(entry, where_ + ": box " + std::to_string(boxes.size())));
    }
    return boxes;
  }

 private:
  PictureBox read_one(const Json& entry, const std::string& where) const {
    const Json* numbers = &entry;
    const Json* name = nullptr;
    if (entry.is_object() && entry.contains("box")) {
      numbers = &entry["box"];
      if (entry.contains("name")) name = &entry["name"];
    } else if (entry.is_array() && entry.size() == 5) {
      name = &entry[4];
    }
    const bool has_four = numbers->is_array() && numbers->size() == (numbers == &entry && name != nullptr ? 5U : 4U);
    if (!has_four || (name != nullptr && !name->is_string())) throw_data_error(where, kBoxForms, entry.dump());
    std::array<double, 4> corners{};
    for (std::size_t place = 0; place < corners.size(); ++place) {
      if (!(*numbers)[place].is_number()) throw_data_error(where, kBoxForms, entry.dump());
      corners[place] = (*numbers)[place].get<double>();
    }
    if (config_.has_sizes) {
      corners[2] += corners[0];
      corners[3] += corners[1];
    }
    const bool is_box = std::isfinite(corners[0] + corners[1] + corners[2] + corners[3]) && corners[0] < corners[2] &&
                        corners[1] < corners[3];
    if (!is_box) {
      throw_data_error(where,
                       config_.has_sizes ? "a width and a height above 0"
                                         : "x0 < x1 and y0 < y1 (players.format xywh reads [x, y, width, height])",
                       entry.dump());
    }
    return {.left = corners[0],
            .top = corners[1],
            .right = corners[2],
            .bottom = corners[3],
            .name = name == nullptr ? "" : name->get<std::string>()};
  }

  const BoxesConfig& config_;
  std::string where_;
};

std::vector<std::vector<PictureBox>> boxes_of_column(const BoxesConfig& config, const Dataset& dataset) {
  const Metadata* const manifest = dataset.manifest();
  if (manifest == nullptr) {
    throw DataError(dataset.path() + ": expected a manifest with the column '" + *config.column +
                    "' of boxes, got arrays; name a file in players.file");
  }
  const auto texts = manifest->column(*config.column);
  const auto types = manifest->types(*config.column);
  std::vector<std::vector<PictureBox>> boxes;
  for (std::size_t row = 0; row < texts.size(); ++row) {
    const std::string where = manifest->where(row) + ": column '" + *config.column + "'";
    boxes.emplace_back();
    if (types[row] == MetadataType::kNull || texts[row].empty()) continue;
    boxes.back() = BoxListReader(config, where).read(parse_boxes(texts[row], where));
  }
  return boxes;
}

std::string text_of_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw_data_error(file.string(), "a JSON file of boxes", "no readable file");
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::vector<PictureBox>> boxes_of_file(const BoxesConfig& config, const Dataset& dataset) {
  const std::string path = config.file->string();
  const Json document = parse_boxes(text_of_file(*config.file), path);
  const std::size_t row_count = dataset.row_count();
  std::vector<std::vector<PictureBox>> boxes;
  if (document.is_object()) {
    for (std::uint32_t row = 0; row < row_count; ++row) {
      const std::string id = dataset.row_id(row);
      const auto found = document.find(id);
      boxes.emplace_back();
      if (found != document.end()) boxes.back() = BoxListReader(config, path + ": example '" + id + "'").read(*found);
    }
    return boxes;
  }
  if (!document.is_array())
    throw_data_error(path, "lists of boxes, one per example, or an object of them by id", "something else");
  if (document.size() != row_count) {
    throw_data_error(path, std::to_string(row_count) + " lists of boxes, one per example",
                     std::to_string(document.size()),
                     dataset.left_out_count() > 0 ? "as examples were left out, give them by id, in an object"
                                                  : "or give them by id, in an object");
  }
  for (std::size_t row = 0; row < row_count; ++row) {
    boxes.push_back(BoxListReader(config, path + ": list " + std::to_string(row)).read(document[row]));
  }
  return boxes;
}

}  // namespace

std::vector<std::vector<PictureBox>> read_boxes(const ModalityConfig& modality, const Dataset& dataset) {
  const BoxesConfig& config = modality.players.boxes;
  return config.column ? boxes_of_column(config, dataset) : boxes_of_file(config, dataset);
}

}  // namespace modattr
