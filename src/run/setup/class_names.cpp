#include "class_names.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/report/number_format.h"
#include "run/config/name_list.h"

namespace modattr {
namespace {

std::optional<std::uint32_t> index_in(std::string_view word) {
  std::uint32_t index = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
  return error == std::errc{} && end == word.data() + word.size() ? std::optional(index) : std::nullopt;
}

std::string from_file(const std::optional<std::filesystem::path>& file) {
  return file ? " in " + file->string() : "";
}

}  // namespace

void take_class_names(const Dataset& dataset, Config& config) {
  if (!config.data.classes.empty() || dataset.class_names().empty()) return;
  config.data.classes = dataset.class_names();
  config.data.classes_array = config.data.label.value_or("label") + "__classes";
  if (const std::optional<std::string> problem = problem_of_names(config.data.classes)) {
    throw DataError(dataset.path() + ": array '" + *config.data.classes_array + "': expected " + *problem);
  }
}

void check_class_names(const Config& config, const Model& model, std::size_t output_width) {
  const std::vector<std::string>& names = config.data.classes;
  if (names.empty()) return;
  const OutputKind kind = config.model.kind;
  const std::string where =
      (config.data.classes_array ? config.data.path.string() + ": array '" + *config.data.classes_array + "'"
                                 : config.file.string() + ": data.classes") +
      ": expected ";
  const bool has_labels = predicts_label_sets(kind);
  if (!has_labels && !predicts_classes(kind)) {
    throw ConfigError(where + "a model of classes or labels, got one of kind " +
                      (kind == OutputKind::kRegression ? "regression" : "causal_lm") + ", which has none to name");
  }
  const std::size_t count = !has_labels && output_width == 1 ? 2 : output_width;
  if (names.size() == count) return;
  const std::string things = has_labels ? (count == 1 ? "label" : "labels") : "classes";
  throw ConfigError(where + counted(count, "name") + " as " + model.path() + " has " + std::to_string(count) + " " +
                    things + ", got " + std::to_string(names.size()) + from_file(config.data.classes_file));
}

std::optional<std::string> class_name(const Config& config, std::size_t index) {
  const std::vector<std::string>& names = config.data.classes;
  return index < names.size() ? std::optional(names[index]) : std::nullopt;
}

std::uint32_t class_of_word(const Config& config, std::string_view word) {
  if (const std::optional<std::uint32_t> index = index_in(word)) return *index;
  const std::vector<std::string>& names = config.data.classes;
  const auto named = std::ranges::find(names, word);
  if (named != names.end()) return static_cast<std::uint32_t>(named - names.begin());
  std::vector<std::string> known = {"predicted", "label"};
  known.insert(known.end(), names.begin(), names.end());
  const std::string nearest = nearest_word(word, known);
  throw ConfigError(option("target") + ": expected predicted, label" +
                    (names.empty() ? "" : ", a name of data.classes") + " or a class index from 0 on, got '" +
                    std::string(word) + "'" + (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
}

std::optional<std::string> warning_of_number(const Config& config, std::string_view word) {
  const std::optional<std::uint32_t> index = index_in(word);
  const std::vector<std::string>& names = config.data.classes;
  const auto named = std::ranges::find(names, word);
  if (!index || named == names.end()) return std::nullopt;
  const auto place = static_cast<std::size_t>(named - names.begin());
  if (place == *index) return std::nullopt;
  return option("target") + " " + std::string(word) + " is an index" +
         (*index < names.size() ? ", that of class '" + names[*index] + "'" : "") + "; the class named '" +
         std::string(word) + "' has index " + std::to_string(place);
}

}  // namespace modattr
