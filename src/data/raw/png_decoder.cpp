#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <memory>
#include <utility>

#include <png.h>

#include "picture_decoders.h"

namespace modattr {
namespace {

struct PngWork {
  std::span<const std::byte> rest = {};
  std::jmp_buf place = {};
  char message[200] = {};
  png_structp decoder = nullptr;
  png_infop info = nullptr;
  std::vector<png_bytep> rows = {};
  PictureProblem problem = {};
  ~PngWork() { png_destroy_read_struct(&decoder, &info, nullptr); }
};

[[noreturn]] void leave_png(png_structp decoder, png_const_charp message) {
  auto* const work = static_cast<PngWork*>(png_get_error_ptr(decoder));
  std::strncpy(work->message, message, sizeof work->message - 1);
  std::longjmp(work->place, 1);
}

void ignore_png_warning(png_structp, png_const_charp) {}

void read_png_bytes(png_structp decoder, png_bytep destination, std::size_t count) {
  auto* const work = static_cast<PngWork*>(png_get_io_ptr(decoder));
  if (count > work->rest.size()) png_error(decoder, "the file ends too early");
  std::copy_n(reinterpret_cast<const png_byte*>(work->rest.data()), count, destination);
  work->rest = work->rest.subspan(count);
}

void run_png(PngWork& work, Raster& raster) {
  png_set_read_fn(work.decoder, &work, read_png_bytes);
  // A text or profile of a few bytes can unpack to gigabytes.
  png_set_chunk_malloc_max(work.decoder, 64U << 20U);
  png_set_keep_unknown_chunks(work.decoder, PNG_HANDLE_CHUNK_NEVER, nullptr, 0);
  png_read_info(work.decoder, work.info);
  work.problem =
      make_room(png_get_image_width(work.decoder, work.info), png_get_image_height(work.decoder, work.info), raster);
  if (!work.problem.empty()) return;
  const png_byte color = png_get_color_type(work.decoder, work.info);
  png_set_expand(work.decoder);
  png_set_strip_16(work.decoder);
  if (color == PNG_COLOR_TYPE_GRAY || color == PNG_COLOR_TYPE_GRAY_ALPHA) png_set_gray_to_rgb(work.decoder);
  png_set_strip_alpha(work.decoder);
  png_set_interlace_handling(work.decoder);
  png_read_update_info(work.decoder, work.info);
  if (png_get_rowbytes(work.decoder, work.info) != raster.width * 3)
    png_error(work.decoder, "an unknown form of pixels");
  for (std::size_t row = 0; row < raster.height; ++row)
    work.rows.push_back(raster.pixels.data() + row * raster.width * 3);
  png_read_image(work.decoder, work.rows.data());
  png_read_end(work.decoder, nullptr);
}

}  // namespace

PictureProblem decode_png(std::span<const std::byte> bytes, Raster& raster) {
  // Not on the stack: its content would be undefined behind a jump.
  const auto work = std::make_unique<PngWork>();
  work->rest = bytes;
  work->decoder = png_create_read_struct(PNG_LIBPNG_VER_STRING, work.get(), leave_png, ignore_png_warning);
  if (work->decoder == nullptr) return "no memory for the decoder";
  if (setjmp(work->place) != 0) return work->message;
  work->info = png_create_info_struct(work->decoder);
  if (work->info == nullptr) return "no memory for the decoder";
  run_png(*work, raster);
  return std::move(work->problem);
}

}  // namespace modattr
