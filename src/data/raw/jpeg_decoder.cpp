#include <csetjmp>
#include <cstdio>
#include <memory>
#include <utility>

#include <jpeglib.h>
// Behind jpeglib.h.
#include <jerror.h>

#include "picture_decoders.h"

namespace modattr {
namespace {

/// Progressive files of a few kilobytes can hold thousands of scans of a large picture.
constexpr int kMostScans = 500;

struct JpegFailure {
  jpeg_error_mgr base = {};
  std::jmp_buf place = {};
  char message[JMSG_LENGTH_MAX] = {};
};

void leave_jpeg(j_common_ptr decoder) {
  auto* const failure = reinterpret_cast<JpegFailure*>(decoder->err);
  decoder->err->format_message(decoder, failure->message);
  std::longjmp(failure->place, 1);
}

/// libjpeg fills in grey where data are missing; everything else that it warns of does not change what is decoded.
void take_jpeg_warning(j_common_ptr decoder, int level) {
  const int code = decoder->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) leave_jpeg(decoder);
}

void watch_scans(j_common_ptr decoder) {
  if (decoder->is_decompressor == 0 || reinterpret_cast<j_decompress_ptr>(decoder)->input_scan_number <= kMostScans)
    return;
  auto* const failure = reinterpret_cast<JpegFailure*>(decoder->err);
  std::snprintf(failure->message, sizeof failure->message, "more than %d scans", kMostScans);
  std::longjmp(failure->place, 1);
}

/// Pillow's conversion of inverted CMYK, as Adobe writes it, in place.
void to_rgb(const std::uint8_t* cmyk, std::uint8_t* rgb, std::size_t count) {
  for (std::size_t pixel = 0; pixel < count; ++pixel, cmyk += 4, rgb += 3) {
    const int white = cmyk[3];
    for (int channel = 0; channel < 3; ++channel) {
      const int product = (255 - cmyk[channel]) * white + 128;
      const int ink = ((product >> 8) + product) >> 8;
      rgb[channel] = static_cast<std::uint8_t>(white > ink ? white - ink : 0);
    }
  }
}

/// Lives across jumps, so it owns what is allocated on the way.
struct JpegWork {
  jpeg_decompress_struct decoder = {};
  jpeg_progress_mgr progress = {};
  JpegFailure failure = {};
  std::vector<std::uint8_t> line = {};
  PictureProblem problem = {};
  ~JpegWork() { jpeg_destroy_decompress(&decoder); }
};

void run_jpeg(JpegWork& work, std::span<const std::byte> bytes, Raster& raster) {
  jpeg_decompress_struct& decoder = work.decoder;
  jpeg_mem_src(&decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&decoder, TRUE);
  work.problem = make_room(decoder.image_width, decoder.image_height, raster);
  if (!work.problem.empty()) return;
  const bool is_cmyk = decoder.num_components == 4;
  decoder.out_color_space = is_cmyk ? JCS_CMYK : decoder.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&decoder);
  work.line.resize(std::size_t{decoder.output_width} * static_cast<std::size_t>(decoder.output_components));
  while (decoder.output_scanline < decoder.output_height) {
    std::uint8_t* const row = raster.pixels.data() + std::size_t{decoder.output_scanline} * raster.width * 3;
    std::uint8_t* line = decoder.output_components == 3 ? row : work.line.data();
    jpeg_read_scanlines(&decoder, &line, 1);
    if (is_cmyk) to_rgb(line, row, raster.width);
    for (std::size_t pixel = 0; decoder.output_components == 1 && pixel < raster.width; ++pixel) {
      row[pixel * 3] = row[pixel * 3 + 1] = row[pixel * 3 + 2] = line[pixel];
    }
  }
  jpeg_finish_decompress(&decoder);
}

}  // namespace

PictureProblem decode_jpeg(std::span<const std::byte> bytes, Raster& raster) {
  // Not on the stack: its content would be undefined behind a jump.
  const auto work = std::make_unique<JpegWork>();
  work->decoder.err = jpeg_std_error(&work->failure.base);
  work->failure.base.error_exit = leave_jpeg;
  work->failure.base.emit_message = take_jpeg_warning;
  jpeg_create_decompress(&work->decoder);
  work->progress.progress_monitor = watch_scans;
  work->decoder.progress = &work->progress;
  if (setjmp(work->failure.place) != 0) return work->failure.message;
  run_jpeg(*work, bytes, raster);
  return std::move(work->problem);
}

}  // namespace modattr
