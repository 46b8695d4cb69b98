#include "modality_inputs.h"

#include <algorithm>

#include "modattr/core/error.h"
#include "modattr/data/array_tensor.h"

namespace modattr {

std::vector<std::size_t> inputs_of(const Experiment& experiment, const ModalityConfig& modality) {
  std::vector<std::size_t> inputs;
  const std::vector<std::string> names = experiment.layout().input_names();
  for (const InputReference& reference : modality.inputs) {
    inputs.push_back(static_cast<std::size_t>(std::ranges::find(names, reference.input) - names.begin()));
  }
  return inputs;
}

std::vector<SegmentedInput> segmented_inputs(const Experiment& experiment, const ModalityConfig& modality) {
  const std::vector<std::size_t> places = inputs_of(experiment, modality);
  std::vector<SegmentedInput> inputs;
  for (std::size_t place = 0; place < places.size(); ++place) {
    inputs.push_back({places[place], {}});
    for (const ColumnRange& range : modality.inputs[place].columns) {
      inputs.back().columns.push_back({range.first, range.end});
    }
  }
  return inputs;
}

std::vector<Array> companion_arrays(const Experiment& experiment, const ModalityConfig& modality,
                                    const std::string& suffix, const std::string& purpose) {
  std::vector<Array> companions;
  const std::vector<Array>& arrays = experiment.dataset().arrays();
  for (const InputReference& input : modality.inputs) {
    const std::string name = input.input + suffix;
    const auto found = std::ranges::find(arrays, name, &Array::name);
    if (found == arrays.end()) {
      throw DataError(experiment.dataset().path() + ": expected an array '" + name + "' for modality '" +
                      modality.name + "', " + purpose + ", got none");
    }
    check_readable(*found);
    companions.push_back(*found);
  }
  return companions;
}

}  // namespace modattr
