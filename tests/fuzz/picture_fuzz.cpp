// An input is a JPEG, PNG or WebP file.

#include <cstdint>
#include <span>

#include "modattr/core/error.h"
#include "modattr/data/raw/picture_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const modattr::Raster raster = modattr::decode_picture(std::as_bytes(std::span(data, size)),
                                                           modattr::PictureOrientation::kExif, "val.csv:1: 'a.jpg'");
    if (raster.pixels.size() != raster.width * raster.height * 3) __builtin_trap();
  } catch (const modattr::DataError&) {
    return 0;
  }
  return 0;
}
