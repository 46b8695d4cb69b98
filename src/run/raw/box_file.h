#pragma once

#include <vector>

#include "modattr/data/dataset.h"
#include "modattr/masking/segmentation.h"
#include "modattr/run/config/config.h"

namespace modattr {

/// The boxes of a modality's pictures, [rows of the data]: of a JSON file with one list of boxes per row, or an object
/// of them by id; or of a column of the manifest. A box is a list of four numbers, with or without a name behind them,
/// or an object with "box" and "name". Throws DataError naming the file and the example for anything else.
std::vector<std::vector<PictureBox>> read_boxes(const ModalityConfig& modality, const Dataset& dataset);

}  // namespace modattr
