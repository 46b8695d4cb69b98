#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "modattr/check/example_statistic.h"
#include "modattr/check/resampled_pair.h"
#include "modattr/check/result_set.h"
#include "modattr/check/rule_subject.h"
#include "modattr/core/rng.h"

namespace modattr {

/// How far chance moves a number, and how that is known.
struct ChanceError {
  /// Standard error; nullopt where it is not known.
  std::optional<double> error = std::nullopt;
  double degrees_of_freedom = 0.0;
  /// For people: "paired, 4000 examples", "unpaired (other data)", "no interval: ...".
  std::string basis = {};
};

/// Standard errors of changes from one result to another. Borrows both.
class ChangeErrors {
 public:
  ChangeErrors(const ResultSet& baseline, const ResultSet& next, std::size_t thread_count);

  /// Of new - old of a row.
  ChanceError of_change(const RowPair& rows);
  /// Of the metric's.
  ChanceError of_metric_change();
  /// Of one number of the new result.
  static ChanceError of_row(const Score& row);
  ChanceError of_metric() const;
  /// Of the new result's difference of two modalities' rows of one definition.
  ChanceError of_difference(const RowPair& first, const RowPair& second);

 private:
  /// The pair of a definition, made once, or why there is none.
  struct Entry {
    std::optional<ResampledPair> pair;
    std::string reason;
  };
  /// Of the numbers that a row is one of.
  const Entry& entry(const Score& row);
  Entry make_entry(const StatisticSubject& subject) const;
  /// The place of a row's modality in its pair, where the pair says what the rows do.
  std::optional<std::size_t> paired_place(const RowPair& rows, const Entry& entry, std::string& reason) const;
  /// From the two rows alone.
  ChanceError unpaired(const Score& old_row, const Score& new_row, const std::string& reason) const;

  const ResultSet& baseline_;
  const ResultSet& next_;
  std::size_t thread_count_;
  Rng rng_;
  bool has_same_data_;
  std::map<StatisticSubject, Entry> entries_;
};

}  // namespace modattr
