#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/data/array.h"
#include "modattr/data/metadata.h"

namespace modattr {

/// What a row of an input was made of.
enum class OriginKind { kText, kPicture, kSound };

/// How time runs through a row of an input.
struct TimeAxis {
  /// Axis of the row.
  std::size_t axis = 0;
  double seconds_per_step = 0.0;
};

/// Where a point of a picture file lies in the picture that a model takes: x * x_scale + x_offset, in pixels from the
/// upper left corner.
struct PicturePlacement {
  double x_scale = 1.0;
  double y_scale = 1.0;
  double x_offset = 0.0;
  double y_offset = 0.0;
};

/// What the numbers of pictures stand for.
struct PictureShades {
  /// The numbers that a model takes for black and white, by channel.
  std::vector<double> black;
  std::vector<double> white;
  /// Blue, green, red.
  bool is_reversed = false;
};

/// Where the rows of an input come from.
struct RawRows {
  std::string input;
  OriginKind kind = OriginKind::kText;
  /// Of each row of the input's array: the text itself, or the absolute path of the file [rows].
  std::vector<std::string> rows;
  /// Of texts: the ids that stand for no part of them, such as padding.
  std::vector<std::int64_t> special_ids = {};
  /// Of sounds.
  std::optional<TimeAxis> time = std::nullopt;
  /// Of texts: writes the row that is made of another text [row bytes], padded or truncated to the length of the
  /// others. Safe to call from many threads.
  std::function<void(std::string_view text, std::span<std::byte> row)> write_text = {};
  /// Of pictures: how that of a row was resized and cropped; reads the file. Safe to call from many threads.
  std::function<PicturePlacement(std::size_t row)> placement = {};
  /// Of pictures.
  std::optional<PictureShades> shades = std::nullopt;
};

/// A validation set whose arrays were made from something else, such as the files that a manifest names.
struct DataSource {
  std::vector<Array> arrays;
  /// Columns by name, one value per example.
  Metadata columns;
  /// Of inputs that are made from texts or files.
  std::vector<RawRows> origins;
  /// Ids of the examples where nothing else gives them and they are not their places; empty otherwise.
  std::vector<std::string> row_ids = {};
  /// Examples that were left out as a file of theirs cannot be read.
  std::size_t left_out_count = 0;
};

}  // namespace modattr
