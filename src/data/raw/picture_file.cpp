#include "modattr/data/raw/picture_file.h"

#include <string>
#include <utility>

#include "modattr/data/mapped_file.h"
#include "modattr/data/messages.h"
#include "modattr/data/raw/broken_file.h"
#include "picture_decoders.h"

namespace modattr {

namespace {

[[noreturn]] void throw_broken(std::string_view where, std::string_view expected, std::string_view got) {
  throw BrokenFileError(std::string(where) + ": expected " + std::string(expected) + ", got " + std::string(got));
}

}  // namespace

PictureProblem make_room(std::uint64_t width, std::uint64_t height, Raster& raster) {
  if (width == 0 || height == 0) return "no pixels";
  if (width > kMostPixels / height) {
    return std::to_string(width) + " x " + std::to_string(height) + " pixels, more than " + std::to_string(kMostPixels);
  }
  raster = {.width = static_cast<std::size_t>(width),
            .height = static_cast<std::size_t>(height),
            .channels = 3,
            .pixels = {}};
  raster.pixels.resize(raster.width * raster.height * 3);
  return {};
}

Raster decode_picture(std::span<const std::byte> bytes, PictureOrientation orientation, std::string_view where) {
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 16));
  constexpr std::string_view kExpected = "a JPEG, PNG or WebP picture";
  Raster raster;
  PictureProblem problem;
  std::string_view format;
  if (start.starts_with("\xFF\xD8\xFF")) {
    format = "a JPEG picture";
    problem = decode_jpeg(bytes, raster);
  } else if (start.starts_with("\x89PNG\r\n\x1A\n")) {
    format = "a PNG picture";
    problem = decode_png(bytes, raster);
  } else if (start.starts_with("RIFF") && start.find("WEBP") == 8) {
    format = "a WebP picture";
    problem = decode_webp(bytes, raster);
  } else {
    throw_broken(where, kExpected,
                 bytes.empty() ? "an empty file" : "a file that begins with " + quoted_text(start.substr(0, 8)));
  }
  if (!problem.empty()) {
    throw_broken(where, std::string(format) + " that can be decoded", quoted_text(problem));
  }
  return orientation == PictureOrientation::kExif ? turned(std::move(raster), exif_orientation(bytes))
                                                  : std::move(raster);
}

Raster read_picture(const std::filesystem::path& path, PictureOrientation orientation, std::string_view where) {
  std::shared_ptr<const MappedFile> file;
  try {
    file = MappedFile::open(path);
  } catch (const DataError& error) {
    throw BrokenFileError(error.what());
  }
  return decode_picture(file->bytes(), orientation, where);
}

}  // namespace modattr
