#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "data_pictures.h"
#include "modattr/report/page/report_page.h"
#include "modattr/run/command.h"

namespace modattr {

/// Most bytes of all picture files of a page: a third more in the page.
inline constexpr std::size_t kMostPictureBytes = 4'200'000;
/// Bytes that a page shall not exceed.
inline constexpr std::size_t kMostPageBytes = 10'000'000;

/// Bytes that the picture files of a page may have which has `page_bytes` without them, and shows so many examples.
std::size_t room_for_pictures(std::size_t page_bytes, std::size_t example_count);

/// What a page shows of the data, whose inputs have these names: groups, pictures and columns of the examples that
/// `records` name. Pictures get as small as it takes to stay below `most_bytes`; where not even the smallest do, the
/// first ones are kept. What is left out is told in `missing`.
PageData page_data(const Dataset& dataset, const std::vector<std::string>& inputs,
                   const std::vector<ShownModality>& modalities,
                   std::span<const std::vector<ExampleRecord>* const> records, std::size_t most_bytes,
                   std::vector<std::string>& missing, Progress& progress);

}  // namespace modattr
