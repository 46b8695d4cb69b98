#include "modattr/data/raw/manifest.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

#include "cell_number.h"
#include "memory_array.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/data/messages.h"
#include "raw_inputs.h"

namespace modattr {
namespace {

std::vector<std::string> wanted_columns(const ManifestOptions& options) {
  std::vector<std::string> wanted;
  const auto want = [&](const std::string& name) {
    if (std::ranges::find(wanted, name) == wanted.end()) wanted.push_back(name);
  };
  if (options.content == DatasetContent::kInputsAndColumns) {
    want(options.label.value_or("label"));
    want(options.id.value_or("id"));
  }
  for (const std::string& name : options.columns) want(name);
  for (const RawInput& input : options.inputs) {
    if (const auto* const pictures = std::get_if<PictureInput>(&input)) want(pictures->column);
    if (const auto* const sounds = std::get_if<SoundInput>(&input)) want(sounds->column);
    if (const auto* const texts = std::get_if<TextPartInput>(&input)) want(texts->column);
    if (const auto* const columns = std::get_if<ColumnsInput>(&input)) {
      for (const ColumnEncoding& column : columns->columns) want(column.column);
    }
  }
  return wanted;
}

std::optional<std::string> label_column(const Metadata& manifest, const ManifestOptions& options) {
  if (options.content == DatasetContent::kInputsOnly) return std::nullopt;
  if (options.label) return options.label;
  const bool has_one = std::ranges::find(manifest.keys(), "label") != manifest.keys().end();
  return has_one ? std::optional<std::string>("label") : std::nullopt;
}

/// Class indices where all labels are whole numbers or names of classes, else numbers.
Array label_array(const Metadata& manifest, const std::string& column, const std::vector<std::string>& class_names) {
  const auto texts = manifest.column(column);
  const auto types = manifest.types(column);
  std::vector<double> numbers;
  bool is_whole = true;
  for (std::size_t row = 0; row < texts.size(); ++row) {
    const std::string where = manifest.where(row) + ": label " + quoted_text(column);
    const auto named =
        types[row] == MetadataType::kNull ? class_names.end() : std::ranges::find(class_names, texts[row]);
    if (named != class_names.end()) {
      numbers.push_back(static_cast<double>(named - class_names.begin()));
      continue;
    }
    const std::optional<double> number = cell_number(texts[row], types[row]);
    const std::string got = types[row] == MetadataType::kNull ? "nothing" : quoted_text(texts[row]);
    if (!number && class_names.empty()) {
      throw_data_error(where, "a number", got, "name the classes in data.classes, in the order of the model's outputs");
    }
    if (!number)
      throw_data_error(where, "a name of data.classes or a number", got + suggestion(texts[row], class_names));
    numbers.push_back(*number);
    is_whole = is_whole && *number == std::floor(*number) && std::abs(*number) < 9007199254740992.0;
  }
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(numbers.size())};
  if (!is_whole) return memory_array(column, c10::ScalarType::Double, shape, numbers, manifest.path());
  std::vector<std::int64_t> classes;
  for (const double number : numbers) classes.push_back(static_cast<std::int64_t>(number));
  return memory_array(column, c10::ScalarType::Long, shape, classes, manifest.path());
}

bool has_ids(const Metadata& manifest, const ManifestOptions& options) {
  return options.id || std::ranges::find(manifest.keys(), "id") != manifest.keys().end();
}

/// Leaves out the rows that are not `wanted`; the others keep their ids.
void keep_rows(const ManifestOptions& options, const std::vector<bool>& wanted, DataSource& source) {
  if (!has_ids(source.columns, options)) {
    std::vector<std::string> ids;
    for (std::size_t row = 0; row < wanted.size(); ++row) {
      if (wanted[row]) ids.push_back(source.row_ids.empty() ? std::to_string(row) : source.row_ids[row]);
    }
    source.row_ids = std::move(ids);
  }
  source.columns.keep(wanted);
}

void keep_ids(const ManifestOptions& options, DataSource& source) {
  const Metadata& manifest = source.columns;
  std::vector<bool> is_wanted;
  for (std::size_t row = 0; row < manifest.row_count(); ++row) {
    is_wanted.push_back(options.ids->contains(
        has_ids(manifest, options) ? manifest.column(options.id.value_or("id"))[row] : std::to_string(row)));
  }
  if (std::ranges::find(is_wanted, true) == is_wanted.end()) {
    throw_data_error(options.path.string(), "some of the examples that are asked for", "none of them");
  }
  keep_rows(options, is_wanted, source);
}

}  // namespace

bool is_manifest(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return extension == ".jsonl" || extension == ".csv";
}

std::vector<std::string> manifest_columns(const std::filesystem::path& path) {
  return read_metadata(path, {}).keys();
}

std::shared_ptr<const DataSource> open_manifest(const ManifestOptions& options) {
  const std::vector<std::string> wanted = wanted_columns(options);
  auto source = std::make_shared<DataSource>();
  source->columns = read_metadata(options.path, wanted, options.nested_columns);
  const Metadata& manifest = source->columns;
  if (manifest.row_count() == 0) throw_data_error(options.path.string(), "at least one example", "none");
  if (options.ids) keep_ids(options, *source);
  std::vector<NamedFiles> files = files_of_inputs(manifest, options);
  if (options.broken == BrokenFiles::kLeftOut) {
    const std::vector<bool> is_readable = readable_rows(manifest, options, files);
    source->left_out_count = static_cast<std::size_t>(std::ranges::count(is_readable, false));
    if (source->left_out_count == manifest.row_count()) {
      throw_data_error(options.path.string(), "some examples whose files can be read",
                       "none of " + std::to_string(manifest.row_count()),
                       "leave " + option("skip_invalid") + " out to see why");
    }
    if (source->left_out_count > 0) {
      keep_rows(options, is_readable, *source);
      files = files_of_inputs(manifest, options);
    }
  }
  for (std::size_t place = 0; place < options.inputs.size(); ++place) {
    add_input(manifest, options.inputs[place], files[place], *source);
  }
  if (const std::optional<std::string> label = label_column(manifest, options)) {
    source->arrays.push_back(label_array(manifest, *label, options.class_names));
  }
  return source;
}

}  // namespace modattr
