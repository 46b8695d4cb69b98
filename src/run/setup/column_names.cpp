#include "column_names.h"

#include <algorithm>
#include <optional>

#include "modattr/core/error.h"
#include "modattr/data/array_text.h"
#include "modattr/data/messages.h"
#include "modattr/report/number_format.h"
#include "modattr/trees/tree_ensemble.h"
#include "run/config/name_list.h"

namespace modattr {
namespace {

/// Columns of the second dimension; one number per example is one column.
std::size_t columns_of(const Array& array) {
  return array.shape.size() < 2 ? 1 : static_cast<std::size_t>(array.shape[1]);
}

const Array* find_array(const Dataset& dataset, const std::string& name) {
  const auto found = std::ranges::find(dataset.arrays(), name, &Array::name);
  return found == dataset.arrays().end() ? nullptr : &*found;
}

/// Columns that belong to the modality, in the order in which it names them.
std::vector<std::size_t> own_columns(const InputReference& reference, std::size_t count) {
  std::vector<std::size_t> columns;
  for (const ColumnRange& range : reference.columns) {
    for (std::int64_t column = range.first; column < range.end; ++column) {
      columns.push_back(static_cast<std::size_t>(column));
    }
  }
  for (std::size_t column = 0; reference.columns.empty() && column < count; ++column) columns.push_back(column);
  return columns;
}

/// Names of the configuration, which go over the inputs, one after the other.
std::vector<std::vector<std::string>> configured_names(const Config& config, std::size_t place,
                                                       const Dataset& dataset) {
  const ModalityConfig& modality = config.modalities[place];
  std::vector<std::vector<std::string>> names;
  std::size_t used = 0;
  for (const InputReference& reference : modality.inputs) {
    names.emplace_back(columns_of(*find_array(dataset, reference.input)));
    for (const std::size_t column : own_columns(reference, names.back().size())) {
      if (used < modality.columns.size()) names.back()[column] = modality.columns[used];
      ++used;
    }
  }
  if (used == modality.columns.size()) return names;
  throw ConfigError(config.file.string() + ": modalities[" + std::to_string(place) + "].columns: expected " +
                    counted(used, "name") + ", one for each column of modality '" + modality.name + "', got " +
                    std::to_string(modality.columns.size()) +
                    (modality.columns_file ? " in " + modality.columns_file->string() : ""));
}

std::size_t width_of(const Array& array) {
  std::size_t width = 1;
  for (std::size_t axis = 1; axis < array.shape.size(); ++axis) width *= static_cast<std::size_t>(array.shape[axis]);
  return width;
}

std::size_t first_column(const std::string& input, const Dataset& dataset, const InputLayout& layout) {
  const auto found = std::ranges::find(layout.inputs, input, &LayoutInput::name);
  return first_columns(dataset, layout)[static_cast<std::size_t>(found - layout.inputs.begin())];
}

}  // namespace

std::vector<std::vector<std::string>> column_names(const Config& config, std::size_t modality, const Dataset& dataset) {
  if (!config.modalities[modality].columns.empty()) return configured_names(config, modality, dataset);
  std::vector<std::vector<std::string>> names;
  for (const InputReference& reference : config.modalities[modality].inputs) {
    names.emplace_back();
    const Array* texts = find_array(dataset, reference.input + "__columns");
    if (texts == nullptr) continue;
    const std::string where = dataset.path() + ": array '" + texts->name + "'";
    names.back() = texts_of(*texts, where);
    if (const std::optional<std::string> problem = problem_of_names(names.back())) {
      throw DataError(where + ": expected " + *problem);
    }
    const Array& array = *find_array(dataset, reference.input);
    if (names.back().size() == columns_of(array)) continue;
    throw_data_error(where, counted(columns_of(array), "name") + ", one for each column of '" + array.name + "'",
                     std::to_string(names.back().size()));
  }
  return names;
}

void check_column_names(const Config& config, const Dataset& dataset) {
  for (std::size_t modality = 0; modality < config.modalities.size(); ++modality) {
    if (player_type_of(config.modalities[modality]) == "column") column_names(config, modality, dataset);
  }
}

std::vector<std::size_t> first_columns(const Dataset& dataset, const InputLayout& layout) {
  std::vector<std::size_t> columns;
  std::size_t first = 0;
  for (std::size_t input = 0; input < layout.inputs.size(); ++input) {
    columns.push_back(first);
    first += width_of(dataset.input(input));
  }
  return columns;
}

void check_tree_columns(const Config& config, const Model& model, const Dataset& dataset, const InputLayout& layout) {
  if (model.trees() == nullptr || model.trees()->column_names.empty()) return;
  const std::vector<std::string>& theirs = model.trees()->column_names;
  for (std::size_t modality = 0; modality < config.modalities.size(); ++modality) {
    const std::vector<std::vector<std::string>> ours = column_names(config, modality, dataset);
    for (std::size_t input = 0; input < ours.size(); ++input) {
      const std::string& name = config.modalities[modality].inputs[input].input;
      const std::size_t first = first_column(name, dataset, layout);
      for (std::size_t column = 0; column < ours[input].size(); ++column) {
        const std::string& own = ours[input][column];
        // The number of columns is checked when the model runs.
        if (own.empty() || first + column >= theirs.size() || own == theirs[first + column]) continue;
        throw ConfigError(config.file.string() + ": modalities[" + std::to_string(modality) + "]: column " +
                          std::to_string(column) + " of '" + name + "': expected the name " +
                          quoted_text(theirs[first + column]) + ", as the trees were trained on, got " +
                          quoted_text(own) + "; are the columns in another order?");
      }
    }
  }
}

void name_tree_columns(const ModalityConfig& modality, const Model& model, const Dataset& dataset,
                       const InputLayout& layout, std::vector<std::vector<std::string>>& names) {
  if (model.trees() == nullptr || model.trees()->column_names.empty()) return;
  const std::vector<std::string>& theirs = model.trees()->column_names;
  for (std::size_t input = 0; input < names.size(); ++input) {
    const std::string& name = modality.inputs[input].input;
    const auto found = std::ranges::find(layout.inputs, name, &LayoutInput::name);
    const Array& array = dataset.input(static_cast<std::size_t>(found - layout.inputs.begin()));
    const std::size_t first = first_column(name, dataset, layout);
    const std::size_t count = width_of(array);
    if (!names[input].empty() || array.shape.size() > 2 || first + count > theirs.size()) continue;
    names[input].assign(theirs.begin() + static_cast<std::ptrdiff_t>(first),
                        theirs.begin() + static_cast<std::ptrdiff_t>(first + count));
  }
}

}  // namespace modattr
