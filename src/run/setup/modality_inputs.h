#pragma once

#include <string>
#include <vector>

#include "modattr/data/array.h"
#include "modattr/masking/segmentation.h"
#include "modattr/run/setup/experiment.h"

namespace modattr {

/// The dataset's inputs of a modality, in the order of the configuration.
std::vector<std::size_t> inputs_of(const Experiment& experiment, const ModalityConfig& modality);

/// The same with the columns that belong to the modality.
std::vector<SegmentedInput> segmented_inputs(const Experiment& experiment, const ModalityConfig& modality);

/// The arrays NAME + `suffix` of a modality's inputs, for what `purpose` names. Throws DataError where one is missing.
std::vector<Array> companion_arrays(const Experiment& experiment, const ModalityConfig& modality,
                                    const std::string& suffix, const std::string& purpose);

}  // namespace modattr
