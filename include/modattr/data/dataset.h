#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/core/labels.h"
#include "modattr/core/option_name.h"
#include "modattr/core/problem.h"
#include "modattr/data/array.h"
#include "modattr/data/data_source.h"

namespace modattr {

/// What is read of a data file.
enum class DatasetContent { kInputsAndColumns, kInputsOnly };

/// Which arrays of a data file are used, and as what.
struct DatasetOptions {
  std::filesystem::path path = {};
  /// Arrays that go into the model.
  std::vector<std::string> inputs = {};
  /// Inputs only: a reference set needs no labels, ids or other columns, and arrays of these names may hold anything.
  DatasetContent content = DatasetContent::kInputsAndColumns;
  /// Array of labels; nullopt = "label" when the file has it.
  std::optional<std::string> label = std::nullopt;
  /// Array or metadata key of example ids; nullopt = array "id" when the file has it, else row numbers.
  std::optional<std::string> id = std::nullopt;
  /// Array or metadata key that breaks results down.
  std::optional<std::string> group = std::nullopt;
  /// Further array or metadata key to group the examples by, besides "label", and the option that names it.
  std::optional<std::string> column = std::nullopt;
  std::string column_option = option("within");
  /// One JSON object per example.
  std::optional<std::filesystem::path> metadata = std::nullopt;
  /// Names of the classes, by their labels; empty = they have none.
  std::vector<std::string> class_names = {};
  /// Decides whether labels are classes or values.
  OutputKind output_kind = OutputKind::kLogits;
  AnswerColumns answer_columns = AnswerColumns::kByContent;
  /// The arrays and columns of `path` where it is no file of arrays.
  std::shared_ptr<const DataSource> source = nullptr;
};

/// A validation set: inputs of the model, labels and ids, example by example. Inputs stay in the file and are copied
/// out in batches. Examples may share rows: NAME__rows says which row of NAME each example uses.
class Dataset {
 public:
  /// Throws DataError when an array is missing, rows do not match, a row number, label or id is out of order, and
  /// ConfigError for a column that is nowhere.
  explicit Dataset(const DatasetOptions& options);
  /// The inputs of every row of the file as a set of their own, without labels, ids or other columns. The file is not
  /// read again.
  std::unique_ptr<Dataset> whole_inputs() const;

  /// Gives inputs of floats another floating type, and the arrays NAME__baseline that go with them. Their numbers are
  /// converted once and kept in memory, or in a temporary file where they are large.
  void cast_floats(c10::ScalarType dtype);

  const std::string& path() const noexcept { return path_; }
  /// Rows of the file, of which the examples are a selection.
  std::size_t row_count() const noexcept { return row_count_; }
  /// Row of the file that an example is.
  std::uint32_t row(std::size_t example) const { return selection_.at(example); }
  std::size_t example_count() const noexcept { return selection_.size(); }
  std::size_t input_count() const noexcept { return inputs_.size(); }
  const Array& input(std::size_t input) const { return inputs_.at(input).array; }
  /// Every array of the file, for messages and inspection.
  const std::vector<Array>& arrays() const noexcept { return arrays_; }

  /// Data of one input for the listed examples, [examples, ...] in the array's dtype. Safe to call from many threads.
  at::Tensor gather(std::size_t input, std::span<const std::uint32_t> examples) const;

  /// Row of the input's array that an example uses.
  std::uint32_t input_row(std::size_t input, std::size_t example) const {
    const std::uint32_t row = selection_[example];
    return inputs_[input].rows.empty() ? row : inputs_[input].rows[row];
  }
  /// The text that an example's row of the input was made of, or the path of its picture or sound; nullopt where the
  /// data hold the numbers themselves.
  std::optional<std::string_view> origin(std::size_t input, std::size_t example) const;
  /// What origin() gives; nullopt where it gives none.
  std::optional<OriginKind> origin_kind(std::size_t input) const {
    const RawRows* const origins = find_origins(input);
    return origins == nullptr ? std::nullopt : std::optional(origins->kind);
  }
  /// Ids of a row of the input that stand for no part of its text, such as padding; empty where that is not known.
  std::vector<std::int64_t> special_ids(std::size_t input) const {
    const RawRows* const origins = find_origins(input);
    return origins == nullptr ? std::vector<std::int64_t>{} : origins->special_ids;
  }
  /// How time runs through a row of the input; nullopt where that is not known.
  std::optional<TimeAxis> time_axis(std::size_t input) const {
    const RawRows* const origins = find_origins(input);
    return origins == nullptr ? std::nullopt : origins->time;
  }
  /// Writes the row of an input that is made of `text` [row_bytes]; the input must be made of texts. Safe to call from
  /// many threads.
  void write_text_row(std::size_t input, std::string_view text, std::span<std::byte> destination) const;
  /// How the picture of an example was resized and cropped; as it is where the data hold the pixels themselves.
  PicturePlacement placement(std::size_t input, std::size_t example) const {
    const RawRows* const origins = find_origins(input);
    return origins == nullptr || !origins->placement ? PicturePlacement{}
                                                     : origins->placement(input_row(input, example));
  }
  /// What the numbers of an input's pictures stand for; nullptr where that is not known.
  const PictureShades* shades(std::size_t input) const {
    const RawRows* const origins = find_origins(input);
    return origins == nullptr || !origins->shades ? nullptr : &*origins->shades;
  }
  /// The columns of a manifest; nullptr where the data are no manifest.
  const Metadata* manifest() const noexcept { return source_ == nullptr ? nullptr : &source_->columns; }
  /// Examples that were left out as a file of theirs cannot be read.
  std::size_t left_out_count() const noexcept { return source_ == nullptr ? 0 : source_->left_out_count; }

  /// Whether examples may share rows of the input (it has a NAME__rows).
  bool shares_rows(std::size_t input) const { return !inputs_.at(input).rows.empty(); }
  /// Copies the bytes of one row of an input's array to `destination` [row_bytes].
  void copy_row(std::size_t input, std::uint32_t row, std::span<std::byte> destination) const;

  std::shared_ptr<const Labels> labels() const noexcept { return labels_; }
  /// Names of the classes or labels, by index: the given ones, else texts LABEL__classes of the data; empty = none.
  const std::vector<std::string>& class_names() const noexcept { return class_names_; }
  std::string id(std::size_t example) const;
  /// The same for a row of the file.
  std::string row_id(std::uint32_t row) const;
  /// Name of the column behind the group breakdown.
  const std::optional<std::string>& group_column() const noexcept { return group_column_; }
  /// Value of the group column; nullopt without such a column.
  std::optional<std::string> group(std::size_t example) const;
  /// The examples grouped by "label", under the names of the classes where they have some, the group column or the
  /// further column; throws ConfigError for another name.
  std::vector<Stratum> strata(std::string_view column) const;

  /// Keeps only these examples, numbered as they are now, in this order.
  void keep(std::span<const std::uint32_t> examples);
  /// The example with this id; throws ConfigError for an unknown one.
  std::uint32_t find_id(std::string_view id) const;

 private:
  Dataset() = default;

  struct Input {
    Array array;
    /// Row of the array per row of the file; empty = the same row.
    std::vector<std::uint32_t> rows;
  };
  /// A text column over the rows of the file, as codes into its distinct values.
  struct Column {
    std::string name;
    std::vector<std::string> values;
    std::vector<std::uint32_t> codes;
  };

  const RawRows* find_origins(std::size_t input) const;
  void select_all();
  /// Of a class: the number where it has no name.
  std::string label_name(std::int64_t label) const;
  /// nullptr for none; throws DataError for one that cannot be read.
  const Array* find(std::string_view name) const;
  /// The same without a look at whether it can be read, as texts are.
  const Array* find_column(std::string_view name) const;
  const Array& require(std::string_view name, std::string_view purpose) const;
  const Array* find_labels(const DatasetOptions& options) const;
  std::size_t rows_of(const Array& array) const;
  void read_inputs(const DatasetOptions& options);
  void read_class_names(const DatasetOptions& options);
  void read_labels(const DatasetOptions& options);
  void read_columns(const DatasetOptions& options);
  [[noreturn]] void throw_unknown_column(const std::string& name, const DatasetOptions& options,
                                         std::span<const std::string> metadata_keys) const;
  void check_ids() const;
  void check_row_count(std::string_view what, std::size_t row_count) const;
  void release_pages_after(std::size_t bytes) const;

  std::string path_;
  std::shared_ptr<const DataSource> source_;
  std::vector<Array> arrays_;
  std::vector<Input> inputs_;
  std::string reference_name_;
  std::size_t row_count_ = 0;
  std::shared_ptr<const Labels> labels_;
  std::vector<std::string> class_names_;
  std::optional<std::vector<std::int64_t>> numeric_ids_;
  std::optional<std::vector<std::string>> text_ids_;
  std::optional<std::string> group_column_;
  std::vector<Column> columns_;
  /// Row of the file per example.
  std::vector<std::uint32_t> selection_;
  mutable std::mutex release_mutex_;
  mutable std::size_t unreleased_bytes_ = 0;
};

}  // namespace modattr
