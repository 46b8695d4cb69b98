#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/coalition.h"
#include "modattr/core/rng.h"
#include "modattr/data/dataset.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/mixes/mix.h"
#include "modattr/value/mixes/modality_rows.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {

using Donors = std::vector<std::uint32_t>;

/// Examples 0 ... count - 1, each its own donor.
inline Donors own_donors(std::size_t count) {
  Donors donors(count);
  std::iota(donors.begin(), donors.end(), 0U);
  return donors;
}

inline Donors random_donors(std::size_t count, std::uint32_t draw) {
  RandomStream stream = Rng(4).stream(RandomPurpose::kPermutation, 0, draw);
  Donors donors(count);
  for (std::uint32_t& donor : donors) donor = stream.below(static_cast<std::uint32_t>(count));
  return donors;
}

/// A set with one column of whole numbers per modality, "a", "b", ... With `keeps_column`, the last but one column
/// belongs to no modality: it and those before it are columns of one input "x".
class NumberSet {
 public:
  /// `numbers`: [columns][examples].
  explicit NumberSet(std::vector<std::vector<std::int64_t>> numbers, bool keeps_column = false)
      : numbers_(std::move(numbers)), keeps_column_(keeps_column) {
    const auto count = static_cast<std::int64_t>(example_count());
    const std::size_t modality_count = numbers_.size() - (keeps_column ? 1 : 0);
    const std::size_t last = numbers_.size() - 1;
    std::vector<std::int64_t> table;
    for (std::size_t example = 0; example < example_count(); ++example) {
      for (std::size_t column = 0; column < last; ++column) table.push_back(numbers_[column][example]);
    }
    std::vector<TestArray> arrays = {TestArray::of<std::int64_t>("x", {count, static_cast<std::int64_t>(last)}, table)};
    std::vector<ModalityInputs> modalities;
    for (std::size_t modality = 0; modality < modality_count; ++modality) {
      const std::string name(1, static_cast<char>('a' + modality));
      arrays.push_back(TestArray::of<std::int64_t>(name, {count}, numbers_[column_of(modality)]));
      const auto column = static_cast<std::int64_t>(modality);
      const bool is_part = keeps_column && column_of(modality) < last;
      modalities.push_back({name, {is_part ? InputReference{"x", {{column, column + 1}}} : InputReference{name, {}}}});
    }
    write_npz(folder_ / "val.npz", arrays);
    layout_ = make_input_layout(modalities);
    dataset_ = std::make_unique<Dataset>(DatasetOptions{.path = folder_ / "val.npz", .inputs = layout_.input_names()});
    rows_ = std::make_unique<ModalityRows>(*dataset_, layout_);
  }

  /// `distinct_counts`: how many different numbers each column has.
  static std::vector<std::vector<std::int64_t>> random(std::size_t example_count,
                                                       const std::vector<std::uint32_t>& distinct_counts) {
    std::vector<std::vector<std::int64_t>> numbers;
    for (const std::uint32_t distinct_count : distinct_counts) {
      RandomStream stream =
          Rng(5).stream(RandomPurpose::kBackground, distinct_count, static_cast<std::uint32_t>(numbers.size()));
      numbers.emplace_back(example_count);
      for (std::int64_t& number : numbers.back()) number = stream.below(distinct_count);
    }
    return numbers;
  }

  std::size_t example_count() const { return numbers_.front().size(); }
  std::size_t modality_count() const { return layout_.modalities.count(); }
  bool keeps_column() const { return keeps_column_; }
  const Dataset& dataset() const { return *dataset_; }
  const InputLayout& layout() const { return layout_; }
  const ModalityRows& rows() const { return *rows_; }

  /// The numbers that the model sees, [columns].
  std::vector<std::int64_t> mixed(const Coalition& present, std::uint32_t example, std::uint32_t donor) const {
    std::vector<std::int64_t> row(numbers_.size());
    for (std::size_t column = 0; column < row.size(); ++column) row[column] = numbers_[column][example];
    for (std::size_t modality = 0; modality < modality_count(); ++modality) {
      if (!present.contains(modality)) row[column_of(modality)] = numbers_[column_of(modality)][donor];
    }
    return row;
  }
  /// What tells the data of a modality apart: rows of an input that has a column of no modality count whole.
  std::vector<std::int64_t> part(std::size_t modality, std::uint32_t example) const {
    if (!keeps_column_ || modality + 1 == modality_count()) return {numbers_[column_of(modality)][example]};
    return kept_part(example);
  }
  std::vector<std::int64_t> kept_part(std::uint32_t example) const {
    std::vector<std::int64_t> row;
    for (std::size_t column = 0; keeps_column_ && column + 1 < numbers_.size(); ++column) {
      row.push_back(numbers_[column][example]);
    }
    return row;
  }
  /// What tells a mix apart.
  std::vector<std::vector<std::int64_t>> key(const Coalition& present, std::uint32_t example,
                                             std::uint32_t donor) const {
    std::vector<std::vector<std::int64_t>> rows = {kept_part(example)};
    for (std::size_t modality = 0; modality < modality_count(); ++modality) {
      rows.push_back(part(modality, present.contains(modality) ? example : donor));
    }
    return rows;
  }

 private:
  std::size_t column_of(std::size_t modality) const {
    return keeps_column_ && modality + 2 == numbers_.size() ? modality + 1 : modality;
  }

  std::vector<std::vector<std::int64_t>> numbers_;
  bool keeps_column_;
  TemporaryFolder folder_;
  InputLayout layout_;
  std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<ModalityRows> rows_;
};

}  // namespace modattr
