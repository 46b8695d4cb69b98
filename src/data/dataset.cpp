#include "modattr/data/dataset.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/data/array_file.h"
#include "modattr/data/array_layout.h"
#include "modattr/data/array_tensor.h"
#include "modattr/data/array_text.h"
#include "modattr/data/label_reader.h"
#include "modattr/data/messages.h"
#include "modattr/data/metadata.h"
#include "modattr/data/scratch_storage.h"

namespace modattr {
namespace {

constexpr std::string_view kRowsSuffix = "__rows";
constexpr std::string_view kClassesSuffix = "__classes";
/// Pages of a mapped file count as resident memory until given back; one random row can bring in sixteen of them.
constexpr std::size_t kReleaseInterval = std::size_t{2} << 20;

std::string row_count_text(std::size_t row_count) {
  return std::to_string(row_count) + (row_count == 1 ? " row" : " rows");
}

}  // namespace

Dataset::Dataset(const DatasetOptions& options)
    : path_(options.path.string()),
      source_(options.source),
      arrays_(source_ ? source_->arrays : open_array_file(options.path)) {
  read_inputs(options);
  labels_ = std::make_shared<const Labels>(NoLabels{});
  if (options.content == DatasetContent::kInputsAndColumns) {
    class_names_ = options.class_names;
    read_class_names(options);
    read_labels(options);
    read_columns(options);
    check_ids();
  }
  select_all();
  for (const Array& array : arrays_) array.storage->release_pages();
}

std::unique_ptr<Dataset> Dataset::whole_inputs() const {
  std::unique_ptr<Dataset> whole(new Dataset());
  whole->path_ = path_;
  whole->source_ = source_;
  whole->arrays_ = arrays_;
  whole->inputs_ = inputs_;
  whole->reference_name_ = reference_name_;
  whole->row_count_ = row_count_;
  whole->labels_ = std::make_shared<const Labels>(NoLabels{});
  whole->select_all();
  return whole;
}

void Dataset::cast_floats(c10::ScalarType dtype) {
  ScratchAllocator scratch;
  const auto cast = [&](Array& array) {
    if (!c10::isFloatingType(array.dtype) || array.dtype == dtype || array.shape.empty()) return;
    array = cast_array(array, dtype, scratch, path_);
  };
  for (Input& input : inputs_) {
    cast(input.array);
    for (Array& array : arrays_) {
      if (array.name == input.array.name + "__baseline") cast(array);
    }
  }
}

void Dataset::select_all() {
  selection_.resize(row_count_);
  std::iota(selection_.begin(), selection_.end(), 0u);
}

const Array* Dataset::find_column(std::string_view name) const {
  const auto found = std::ranges::find(arrays_, name, &Array::name);
  return found == arrays_.end() ? nullptr : &*found;
}

const Array* Dataset::find(std::string_view name) const {
  const Array* array = find_column(name);
  if (array != nullptr) check_readable(*array);
  return array;
}

const Array& Dataset::require(std::string_view name, std::string_view purpose) const {
  if (const Array* array = find(name)) return *array;
  std::vector<std::string> names;
  for (const Array& array : arrays_) names.push_back(array.name);
  throw DataError(path_ + ": expected an array " + quoted_text(name) + " for " + std::string(purpose) + ", got none" +
                  suggestion(name, names));
}

const Array* Dataset::find_labels(const DatasetOptions& options) const {
  if (options.content == DatasetContent::kInputsOnly) return nullptr;
  const Array* texts = find_column(options.label.value_or("label"));
  if (texts != nullptr && texts->text) throw_text_labels(path_, *texts);
  return options.label ? &require(*options.label, "labels") : find("label");
}

/// Number of examples that an input describes: entries of its __rows array if there is one, otherwise its own rows.
std::size_t Dataset::rows_of(const Array& array) const {
  const Array* rows = find(array.name + std::string(kRowsSuffix));
  return rows ? rows->row_count() : array.row_count();
}

void Dataset::check_row_count(std::string_view what, std::size_t row_count) const {
  if (row_count != row_count_) {
    throw DataError(path_ + ": " + std::string(what) + ": expected " + row_count_text(row_count_) + " like '" +
                    reference_name_ + "', got " + std::to_string(row_count));
  }
}

void Dataset::read_inputs(const DatasetOptions& options) {
  for (const std::string& name : options.inputs) {
    const Array& array = require(name, "the model's input");
    if (array.shape.empty())
      throw_data_error(path_ + ": input " + quoted_text(name), "one row per example", "a single number");
    inputs_.push_back({array, {}});
  }
  const Array* label = find_labels(options);
  const Array* reference = label != nullptr ? label : (inputs_.empty() ? nullptr : &inputs_.front().array);
  if (reference == nullptr) throw_data_error(path_, "at least one input", "none");
  if (label != nullptr && label->shape.empty()) {
    throw_data_error(path_ + ": labels " + quoted_text(label->name), "one per example, [N]", "a single number",
                     "save np.array([...]) with a label for every row");
  }
  reference_name_ = reference->name;
  row_count_ = label != nullptr ? label->row_count() : rows_of(*reference);
  if (row_count_ == 0) throw_data_error(path_, "at least one example", "an empty set");
  if (row_count_ > std::numeric_limits<std::uint32_t>::max()) {
    throw_data_error(path_, "at most 4294967295 examples", std::to_string(row_count_));
  }
  for (Input& input : inputs_) {
    const std::string rows_name = input.array.name + std::string(kRowsSuffix);
    const Array* rows = find(rows_name);
    if (rows == nullptr) {
      check_row_count("input " + quoted_text(input.array.name), input.array.row_count());
      continue;
    }
    if (!is_integral(*rows) || rows->shape.size() != 1) {
      throw_data_error(path_ + ": " + quoted_text(rows_name), "int64[examples]", describe(*rows));
    }
    check_row_count(quoted_text(rows_name), rows->row_count());
    if (input.array.row_count() == 0) {
      throw_data_error(path_ + ": input " + quoted_text(input.array.name), "at least one row", describe(input.array));
    }
    const std::vector<std::int64_t> numbers = to_integers(*rows);
    for (std::size_t example = 0; example < numbers.size(); ++example) {
      if (numbers[example] < 0 || numbers[example] >= static_cast<std::int64_t>(input.array.row_count())) {
        throw_data_error(path_ + ": " + quoted_text(rows_name) + " of row " + std::to_string(example),
                         "0 to " + std::to_string(input.array.row_count() - 1) + " as " +
                             quoted_text(input.array.name) + " has " + row_count_text(input.array.row_count()),
                         std::to_string(numbers[example]));
      }
    }
    input.rows.assign(numbers.begin(), numbers.end());
  }
}

void Dataset::read_class_names(const DatasetOptions& options) {
  const Array* label = find_labels(options);
  if (label == nullptr || !class_names_.empty()) return;
  const std::string name = label->name + std::string(kClassesSuffix);
  const auto texts = std::ranges::find(arrays_, name, &Array::name);
  if (texts != arrays_.end()) class_names_ = texts_of(*texts, path_ + ": array " + quoted_text(name));
}

void Dataset::read_labels(const DatasetOptions& options) {
  const Array* label = find_labels(options);
  if (label == nullptr) return;
  labels_ =
      std::make_shared<const Labels>(modattr::read_labels(path_, *label, options.output_kind, options.answer_columns));
}

void Dataset::throw_unknown_column(const std::string& name, const DatasetOptions& options,
                                   std::span<const std::string> metadata_keys) const {
  const char* key = name == options.column  ? options.column_option.c_str()
                    : name == options.group ? "data.group"
                                            : "data.id";
  std::vector<std::string> known;
  if (name == options.column) known.emplace_back("label");
  known.insert(known.end(), metadata_keys.begin(), metadata_keys.end());
  for (const Array& array : arrays_) {
    if (is_column(array) && std::ranges::find(known, array.name) == known.end()) known.push_back(array.name);
  }
  throw ConfigError(std::string(key) + ": expected an array of " + path_ + " or a key of a data.metadata file, got " +
                    quoted_text(name) + suggestion(name, known));
}

void Dataset::read_columns(const DatasetOptions& options) {
  group_column_ = options.group;
  std::vector<std::string> wanted;
  for (const std::optional<std::string>& name : {options.group, options.column}) {
    if (name && *name != "label" && std::ranges::find(wanted, *name) == wanted.end()) wanted.push_back(*name);
  }
  std::vector<std::string> from_metadata;
  for (const std::string& name : wanted) {
    if (find_column(name) == nullptr) from_metadata.push_back(name);
  }
  const Array* id_array = find_column(options.id.value_or("id"));
  if (id_array == nullptr && options.id) from_metadata.push_back(*options.id);
  std::optional<Metadata> read;
  const Metadata* metadata = source_ == nullptr ? nullptr : &source_->columns;
  if (options.metadata) {
    metadata = &read.emplace(read_metadata(*options.metadata, from_metadata));
    if (metadata->row_count() != row_count_) {
      throw_data_error(options.metadata->string(),
                       row_count_text(row_count_) + " like '" + reference_name_ + "' of " + path_,
                       std::to_string(metadata->row_count()));
    }
  }
  // A word of the command line, unlike one of a file that was written for the data, may be misspelt.
  if (metadata != nullptr && options.column &&
      std::ranges::find(from_metadata, *options.column) != from_metadata.end() &&
      std::ranges::find(metadata->keys(), *options.column) == metadata->keys().end()) {
    throw_unknown_column(*options.column, options, metadata->keys());
  }
  const auto text_column = [&](const std::string& name) -> std::vector<std::string> {
    if (const Array* array = find_column(name)) {
      std::vector<std::string> texts = column_texts(*array, path_ + ": column " + quoted_text(name));
      check_row_count("column " + quoted_text(name), array->row_count());
      // The array of the labels under its own name.
      if (name != options.label || array->text) return texts;
      const std::vector<std::int64_t> labels = to_integers(*array);
      std::ranges::transform(labels, texts.begin(), [&](std::int64_t label) { return label_name(label); });
      return texts;
    }
    if (metadata == nullptr) throw_unknown_column(name, options, {});
    const std::span<const std::string> texts = metadata->column(name);
    return {texts.begin(), texts.end()};
  };
  for (const std::string& name : wanted) {
    if (metadata != nullptr && find_column(name) == nullptr) metadata->check_one_type_per_text(name);
    Column column{name, {}, {}};
    std::map<std::string, std::uint32_t> codes;
    for (std::string& text : text_column(name)) {
      const auto [entry, added] = codes.try_emplace(std::move(text), static_cast<std::uint32_t>(codes.size()));
      if (added) column.values.push_back(entry->first);
      column.codes.push_back(entry->second);
    }
    columns_.push_back(std::move(column));
  }
  if (id_array != nullptr) {
    const std::string what = "ids " + quoted_text(id_array->name);
    check_column(*id_array, path_ + ": " + what);
    check_row_count(what, id_array->row_count());
    if (id_array->text) text_ids_ = texts_of(*id_array, path_ + ": " + what);
    if (!id_array->text) numeric_ids_ = to_integers(*id_array);
  } else if (options.id) {
    text_ids_ = text_column(*options.id);
  } else if (source_ != nullptr && !source_->row_ids.empty()) {
    text_ids_ = source_->row_ids;
  }
}

void Dataset::check_ids() const {
  const auto check_distinct = [&](const auto& ids, auto text) {
    std::vector<std::uint32_t> order(ids.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, [&](auto a, auto b) { return ids[a] < ids[b]; });
    for (std::size_t place = 1; place < order.size(); ++place) {
      if (ids[order[place - 1]] == ids[order[place]]) {
        throw_data_error(path_ + ": ids", "distinct values",
                         text(ids[order[place]]) + " twice (rows " + std::to_string(order[place - 1]) + " and " +
                             std::to_string(order[place]) + ")");
      }
    }
  };
  if (numeric_ids_) check_distinct(*numeric_ids_, [](std::int64_t id) { return std::to_string(id); });
  if (text_ids_) check_distinct(*text_ids_, [](const std::string& id) { return quoted_text(id); });
}

const RawRows* Dataset::find_origins(std::size_t input) const {
  if (source_ == nullptr) return nullptr;
  const auto found = std::ranges::find(source_->origins, inputs_.at(input).array.name, &RawRows::input);
  return found == source_->origins.end() ? nullptr : &*found;
}

std::optional<std::string_view> Dataset::origin(std::size_t input, std::size_t example) const {
  const RawRows* const origins = find_origins(input);
  if (origins == nullptr) return std::nullopt;
  return origins->rows.at(input_row(input, example));
}

void Dataset::write_text_row(std::size_t input, std::string_view text, std::span<std::byte> destination) const {
  const RawRows* const origins = find_origins(input);
  if (origins == nullptr || !origins->write_text) {
    throw std::logic_error("input '" + inputs_.at(input).array.name + "' is not made of texts");
  }
  origins->write_text(text, destination);
}

at::Tensor Dataset::gather(std::size_t input, std::span<const std::uint32_t> examples) const {
  const Input& source = inputs_.at(input);
  std::vector<std::uint32_t> rows;
  rows.reserve(examples.size());
  for (const std::uint32_t example : examples) rows.push_back(input_row(input, example));
  at::Tensor tensor = copy_rows(source.array, rows);
  release_pages_after(rows.size() * source.array.row_bytes());
  return tensor;
}

void Dataset::copy_row(std::size_t input, std::uint32_t row, std::span<std::byte> destination) const {
  const Array& array = inputs_.at(input).array;
  array.storage->copy(array.storage_offset() + row * array.row_bytes(), destination);
  release_pages_after(destination.size());
}

void Dataset::release_pages_after(std::size_t bytes) const {
  const std::lock_guard lock(release_mutex_);
  unreleased_bytes_ += bytes;
  if (unreleased_bytes_ < kReleaseInterval) return;
  unreleased_bytes_ = 0;
  for (const Input& input : inputs_) input.array.storage->release_pages();
}

std::string Dataset::id(std::size_t example) const {
  return row_id(selection_.at(example));
}

std::string Dataset::row_id(std::uint32_t row) const {
  if (numeric_ids_) return std::to_string((*numeric_ids_)[row]);
  if (text_ids_) return (*text_ids_)[row];
  return std::to_string(row);
}

std::optional<std::string> Dataset::group(std::size_t example) const {
  if (!group_column_) return std::nullopt;
  const auto found = std::ranges::find(columns_, *group_column_, &Column::name);
  if (found != columns_.end()) return found->values[found->codes[selection_.at(example)]];
  // The only one that is no column of its own.
  const auto* labels = std::get_if<ClassLabels>(labels_.get());
  return labels == nullptr ? std::nullopt : std::optional(label_name(labels->classes[example]));
}

std::string Dataset::label_name(std::int64_t label) const {
  const bool is_named = label >= 0 && label < static_cast<std::int64_t>(class_names_.size());
  return is_named ? class_names_[static_cast<std::size_t>(label)] : std::to_string(label);
}

std::vector<Stratum> Dataset::strata(std::string_view column) const {
  std::vector<Stratum> strata;
  const auto cut = [&](auto value_of, auto name_of) {
    std::map<decltype(value_of(0u)), std::size_t> places;
    for (std::uint32_t example = 0; example < example_count(); ++example) {
      const auto [entry, added] = places.try_emplace(value_of(example), strata.size());
      if (added) strata.push_back({name_of(entry->first), {}});
      strata[entry->second].examples.push_back(example);
    }
  };
  if (const auto found = std::ranges::find(columns_, column, &Column::name); found != columns_.end()) {
    cut([&](std::uint32_t example) { return found->codes[selection_[example]]; },
        [&](std::uint32_t code) { return found->values[code]; });
    std::ranges::sort(strata, {}, &Stratum::name);
    return strata;
  }
  if (column == "label") {
    if (const auto* labels = std::get_if<ClassLabels>(labels_.get())) {
      cut([&](std::uint32_t example) { return labels->classes[example]; },
          [](std::int64_t label) { return std::to_string(label); });
      std::ranges::sort(strata, {}, [](const Stratum& stratum) { return std::stoll(stratum.name); });
      for (Stratum& stratum : strata) stratum.name = label_name(std::stoll(stratum.name));
      return strata;
    }
    throw ConfigError("strata by 'label': expected class labels, got " + std::string(kind_name(*labels_)) +
                      "; name a metadata column");
  }
  std::vector<std::string> known{"label"};
  for (const Column& known_column : columns_) known.push_back(known_column.name);
  throw ConfigError("strata: unknown column '" + std::string(column) + "'" + suggestion(column, known));
}

void Dataset::keep(std::span<const std::uint32_t> examples) {
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t example : examples) kept.push_back(selection_.at(example));
  selection_ = std::move(kept);
  labels_ = std::make_shared<const Labels>(select_labels(*labels_, examples));
}

std::uint32_t Dataset::find_id(std::string_view id_text) const {
  for (std::uint32_t example = 0; example < example_count(); ++example) {
    if (id(example) == id_text) return example;
  }
  throw ConfigError(option("ids") + ": expected ids of " + path_ + ", got " + quoted_text(id_text) +
                    "; the first one is " + quoted_text(id(0)));
}

}  // namespace modattr
