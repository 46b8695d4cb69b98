#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/attribution.h"

namespace modattr {

/// Stands for pixels that are no player's.
inline constexpr std::int32_t kNoOwner = -1;

/// The pixels of each player, [players]; `owners`: the player of every pixel, or kNoOwner, row by row [height * width].
std::vector<PixelRegion> regions_of(std::span<const std::int32_t> owners, std::size_t height, std::size_t width,
                                    std::size_t player_count);

/// Writes `number` to the pixels of a region, row by row [height * width].
void mark_pixels(const PixelRegion& region, std::int32_t number, std::span<std::int32_t> pixels);

/// Rectangles that cover a region, column by column; equal columns side by side are one.
std::vector<PatchPlace> rectangles_of(const PixelRegion& region);

/// The counts as COCO's text of run-length encoded masks (`counts` beside `size`, as pycocotools writes and reads
/// them).
std::string to_coco_counts(const PixelRegion& region);
/// nullopt for text that is none, or of another number of pixels.
std::optional<PixelRegion> from_coco_counts(std::string_view text, std::size_t height, std::size_t width);

}  // namespace modattr
