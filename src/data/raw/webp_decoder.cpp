#include <vector>

#include <webp/decode.h>

#include "picture_decoders.h"

namespace modattr {
namespace {

const char* webp_problem(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return "no memory for the decoder";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "a feature that is not supported";
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return "the file ends too early";
    default:
      return "damaged data";
  }
}

}  // namespace

PictureProblem decode_webp(std::span<const std::byte> bytes, Raster& raster) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return "another version of libwebp";
  const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (const VP8StatusCode status = WebPGetFeatures(data, bytes.size(), &config.input); status != VP8_STATUS_OK) {
    return webp_problem(status);
  }
  if (config.input.has_animation != 0) return "an animation";
  PictureProblem problem = make_room(static_cast<std::uint64_t>(config.input.width),
                                     static_cast<std::uint64_t>(config.input.height), raster);
  if (!problem.empty()) return problem;
  // With an alpha channel, as libwebp clears colours that cannot be seen where it is asked for none.
  const std::size_t channels = config.input.has_alpha != 0 ? 4 : 3;
  std::vector<std::uint8_t> pixels(channels == 4 ? raster.width * raster.height * 4 : 0);
  std::vector<std::uint8_t>& target = channels == 4 ? pixels : raster.pixels;
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {
      .rgba = target.data(), .stride = static_cast<int>(raster.width * channels), .size = target.size()};
  const VP8StatusCode status = WebPDecode(data, bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) return webp_problem(status);
  for (std::size_t pixel = 0; channels == 4 && pixel < raster.width * raster.height; ++pixel) {
    for (std::size_t channel = 0; channel < 3; ++channel)
      raster.pixels[pixel * 3 + channel] = pixels[pixel * 4 + channel];
  }
  return {};
}

}  // namespace modattr
