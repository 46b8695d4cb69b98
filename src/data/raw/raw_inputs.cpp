#include "raw_inputs.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "data/raw/sound/sound_inputs.h"
#include "memory_array.h"
#include "modattr/core/error.h"
#include "modattr/core/parallel.h"
#include "modattr/data/array_layout.h"
#include "modattr/data/messages.h"
#include "modattr/data/raw/broken_file.h"
#include "modattr/data/raw/decoded_rows.h"

namespace modattr {
namespace {

std::string size_text(const Raster& raster) {
  return std::to_string(raster.height) + " x " + std::to_string(raster.width);
}

Raster prepared(const std::filesystem::path& path, const std::string& where,
                const PicturePreprocessing& preprocessing) {
  return prepare_picture(read_picture(path, preprocessing.orientation, where), preprocessing);
}

void add_pictures(const PictureInput& input, const NamedFiles& files, DataSource& source) {
  const PicturePreprocessing& preprocessing = input.preprocessing;
  const Raster first = prepared(files.paths.front(), files.where.front(), preprocessing);
  const auto make = [preprocessing, files = std::make_shared<const NamedFiles>(files), height = first.height,
                     width = first.width](std::size_t row, std::span<std::byte> destination) {
    const Raster raster = prepared(files->paths[row], files->where[row], preprocessing);
    if (raster.height != height || raster.width != width) {
      throw_data_error(files->where[row],
                       std::to_string(height) + " x " + std::to_string(width) + " pixels like " +
                           files->paths.front().filename().string() + " after preprocessing",
                       size_text(raster), "resize or crop all pictures to one size in the modality's preprocessing");
    }
    write_pixels(raster, preprocessing, destination);
  };
  source.arrays.push_back(decoded_array(
      input.input, preprocessing.dtype(),
      {static_cast<std::int64_t>(files.paths.size()), static_cast<std::int64_t>(preprocessing.channel_count()),
       static_cast<std::int64_t>(first.height), static_cast<std::int64_t>(first.width)},
      make));
  RawRows origins{.input = input.input, .kind = OriginKind::kPicture, .rows = {}};
  for (const std::filesystem::path& path : files.paths) origins.rows.push_back(path.string());
  origins.placement = [preprocessing, files = std::make_shared<const NamedFiles>(files)](std::size_t row) {
    const Raster raster = read_picture(files->paths[row], preprocessing.orientation, files->where[row]);
    return placement_of(raster.width, raster.height, preprocessing);
  };
  origins.shades = shades_of(preprocessing);
  source.origins.push_back(std::move(origins));
  source.arrays.push_back(rows_array(input.input, {files.file_of_row.begin(), files.file_of_row.end()}));
}

const std::vector<std::int64_t>& part_of(const Encoding& encoding, TextPart part) {
  if (part == TextPart::kAttentionMask) return encoding.attention_mask;
  return part == TextPart::kTypeIds ? encoding.type_ids : encoding.ids;
}

void add_texts(const Metadata& manifest, const TextPartInput& input, DataSource& source) {
  RawRows origins{.input = input.input, .kind = OriginKind::kText, .rows = {}};
  std::unordered_map<std::string, std::int64_t> row_of_text;
  std::vector<std::int64_t> rows;
  auto wheres = std::make_shared<std::vector<std::string>>();
  const auto texts = manifest.column(input.column);
  const auto types = manifest.types(input.column);
  for (std::size_t row = 0; row < texts.size(); ++row) {
    // A text that is not there is an empty one.
    std::string text = types[row] == MetadataType::kNull ? std::string() : texts[row];
    const auto [entry, added] = row_of_text.try_emplace(text, static_cast<std::int64_t>(origins.rows.size()));
    if (added) {
      origins.rows.push_back(std::move(text));
      wheres->push_back(manifest.where(row) + ": column " + quoted_text(input.column));
    }
    rows.push_back(entry->second);
  }
  const SpecialTokenIds& special = input.tokenizer->special_ids();
  for (const std::optional<std::int64_t>& id : {special.pad, special.cls, special.sep}) {
    if (id) origins.special_ids.push_back(*id);
  }
  const auto distinct = std::make_shared<const std::vector<std::string>>(origins.rows);
  const EncodingOptions encoding{.length = input.length};
  const std::size_t length = input.tokenizer->encode({.text = distinct->front()}, encoding).size();
  const auto make = [input, encoding, distinct, wheres, length](std::size_t row, std::span<std::byte> destination) {
    const Encoding tokens = input.tokenizer->encode({.text = (*distinct)[row]}, encoding);
    if (tokens.size() != length) {
      throw_data_error((*wheres)[row], std::to_string(length) + " tokens like the first text",
                       std::to_string(tokens.size()), "set the modality's \"max_length\"");
    }
    std::memcpy(destination.data(), part_of(tokens, input.part).data(), destination.size());
  };
  origins.write_text = [input, length](std::string_view text, std::span<std::byte> destination) {
    const Encoding tokens = input.tokenizer->encode({.text = text}, {.length = length});
    std::memcpy(destination.data(), part_of(tokens, input.part).data(), destination.size());
  };
  source.arrays.push_back(
      decoded_array(input.input, c10::ScalarType::Long,
                    {static_cast<std::int64_t>(distinct->size()), static_cast<std::int64_t>(length)}, make));
  source.origins.push_back(std::move(origins));
  source.arrays.push_back(rows_array(input.input, rows));
}

/// The column of files that an input is made of; nullptr where it is made of none.
const std::string* file_column(const RawInput& input) {
  if (const auto* const pictures = std::get_if<PictureInput>(&input)) return &pictures->column;
  const auto* const sounds = std::get_if<SoundInput>(&input);
  return sounds == nullptr ? nullptr : &sounds->column;
}

}  // namespace

std::vector<NamedFiles> files_of_inputs(const Metadata& manifest, const ManifestOptions& options) {
  std::vector<NamedFiles> files;
  for (const RawInput& input : options.inputs) {
    const std::string* const column = file_column(input);
    files.push_back(column == nullptr ? NamedFiles{}
                                      : resolve_files(manifest, *column, options.outside, options.broken));
  }
  return files;
}

std::vector<bool> readable_rows(const Metadata& manifest, const ManifestOptions& options,
                                const std::vector<NamedFiles>& files) {
  std::vector<bool> is_readable(manifest.row_count(), true);
  for (std::size_t place = 0; place < options.inputs.size(); ++place) {
    const RawInput& input = options.inputs[place];
    if (file_column(input) == nullptr) continue;
    const NamedFiles& own = files[place];
    std::vector<std::atomic<bool>> is_sound(own.paths.size());
    parallel_for(own.paths.size(), options.thread_count, [&](std::size_t file) {
      try {
        if (const auto* const pictures = std::get_if<PictureInput>(&input)) {
          prepared(own.paths[file], own.where[file], pictures->preprocessing);
        } else {
          prepared_sound(own, file, std::get<SoundInput>(input).preprocessing);
        }
        is_sound[file] = true;
      } catch (const BrokenFileError&) {
        is_sound[file] = false;
      }
    });
    for (std::size_t row = 0; row < is_readable.size(); ++row) {
      const std::uint32_t file = own.file_of_row[row];
      if (file == NamedFiles::kNoFile || !is_sound[file]) is_readable[row] = false;
    }
  }
  return is_readable;
}

void add_input(const Metadata& manifest, const RawInput& input, const NamedFiles& files, DataSource& source) {
  if (const auto* const pictures = std::get_if<PictureInput>(&input)) {
    add_pictures(*pictures, files, source);
  } else if (const auto* const sounds = std::get_if<SoundInput>(&input)) {
    add_sounds(*sounds, files, source);
  } else if (const auto* const texts = std::get_if<TextPartInput>(&input)) {
    add_texts(manifest, *texts, source);
  } else {
    const auto& columns = std::get<ColumnsInput>(input);
    for (Array& array : encode_columns(manifest, columns.input, columns.columns))
      source.arrays.push_back(std::move(array));
  }
}

}  // namespace modattr
