#include "modattr/check/change_errors.h"

#include <algorithm>
#include <cmath>

#include "modattr/check/comparable.h"
#include "modattr/report/number_format.h"

namespace modattr {
namespace {

/// Of the intervals in rows.
constexpr double kNormalQuantile95 = 1.959963984540054;

/// Whether two ways to the same number agree but for the order of their sums.
bool agrees(double from_examples, std::optional<double> of_row) {
  constexpr double kRelative = 1e-6;
  constexpr double kAbsolute = 1e-9;
  if (!of_row || !std::isfinite(from_examples)) return false;
  return std::abs(from_examples - *of_row) <=
         kAbsolute + kRelative * std::max(std::abs(from_examples), std::abs(*of_row));
}

/// Sampling and Monte Carlo error together; nullopt where the first is not known.
std::optional<double> error_of_row(const Score& row) {
  if (!row.ci95 || !std::isfinite(row.ci95->low) || !std::isfinite(row.ci95->high)) return std::nullopt;
  const double sampling = (row.ci95->high - row.ci95->low) / (2.0 * kNormalQuantile95);
  return std::hypot(sampling, row.std_error.value_or(0.0));
}

double freedom_of(std::size_t example_count) {
  return std::max(1.0, static_cast<double>(example_count) - 1.0);
}

/// Of a sum of two errors (Welch, Satterthwaite).
double welch_freedom(double first, double first_freedom, double second, double second_freedom) {
  const double sum = first * first + second * second;
  if (sum == 0.0) return std::min(first_freedom, second_freedom);
  return sum * sum / (std::pow(first, 4) / first_freedom + std::pow(second, 4) / second_freedom);
}

ChanceError without_interval(const std::string& reason) {
  return {.error = std::nullopt, .degrees_of_freedom = 0.0, .basis = "no interval: " + reason};
}

ChanceError paired_error(std::optional<double> error, std::size_t example_count) {
  if (!error) return without_interval("not defined on most resamples");
  return {.error = error,
          .degrees_of_freedom = freedom_of(example_count),
          .basis = "paired, " + counted(example_count, "example")};
}

/// The metric as a row.
Score metric_row(const ScoreTable& table) {
  return {.modality = std::string(kMetricDefinition),
          .definition = std::string(kMetricDefinition),
          .group = std::nullopt,
          .value = table.score,
          .std_error = std::nullopt,
          .ci95 = table.score_ci95,
          .examples = table.example_count,
          .p_value = std::nullopt};
}

}  // namespace

ChangeErrors::ChangeErrors(const ResultSet& baseline, const ResultSet& next, std::size_t thread_count)
    : baseline_(baseline),
      next_(next),
      thread_count_(thread_count),
      rng_(next.table.seed.value_or(0)),
      has_same_data_(same_data(baseline, next)) {}

ChangeErrors::Entry ChangeErrors::make_entry(const StatisticSubject& subject) const {
  Entry entry;
  if (!has_same_data_) {
    entry.reason = "other data";
    return entry;
  }
  std::optional<ExampleStatistic> old_statistic = make_statistic(baseline_, subject, entry.reason);
  if (!old_statistic) return entry;
  std::optional<ExampleStatistic> new_statistic = make_statistic(next_, subject, entry.reason);
  if (!new_statistic) return entry;
  entry.pair = ResampledPair::make(std::move(*old_statistic), std::move(*new_statistic),
                                   {.example_count = next_.table.example_count, .thread_count = thread_count_}, rng_,
                                   entry.reason);
  return entry;
}

const ChangeErrors::Entry& ChangeErrors::entry(const Score& row) {
  StatisticSubject subject{.run = row.run, .definition = row.definition, .group = row.group};
  const auto found = entries_.find(subject);
  if (found != entries_.end()) return found->second;
  Entry made = make_entry(subject);
  return entries_.emplace(std::move(subject), std::move(made)).first->second;
}

std::optional<std::size_t> ChangeErrors::paired_place(const RowPair& rows, const Entry& entry,
                                                      std::string& reason) const {
  if (!entry.pair) {
    reason = entry.reason;
    return std::nullopt;
  }
  const std::optional<std::size_t> place = entry.pair->place_of(rows.new_row->modality);
  const bool is_told = place && agrees(entry.pair->old_value(*place), rows.old_row->value) &&
                       agrees(entry.pair->new_value(*place), rows.new_row->value);
  if (is_told) return place;
  reason = "the files hold other examples than the rows are of";
  return std::nullopt;
}

ChanceError ChangeErrors::unpaired(const Score& old_row, const Score& new_row, const std::string& reason) const {
  const bool is_same_model =
      has_same_data_ && !next_.table.model.sha256.empty() && next_.table.model.sha256 == baseline_.table.model.sha256;
  if (is_same_model && old_row.value == new_row.value) {
    return {.error = 0.0, .degrees_of_freedom = freedom_of(new_row.examples), .basis = "the same model"};
  }
  const std::optional<double> old_error = error_of_row(old_row);
  const std::optional<double> new_error = error_of_row(new_row);
  if (!old_error || !new_error) return without_interval("the rows have none, and " + reason);
  return {.error = std::hypot(*old_error, *new_error),
          .degrees_of_freedom =
              welch_freedom(*old_error, freedom_of(old_row.examples), *new_error, freedom_of(new_row.examples)),
          .basis = "unpaired (" + reason + ")"};
}

ChanceError ChangeErrors::of_change(const RowPair& rows) {
  const Entry& own = entry(*rows.new_row);
  std::string reason;
  const std::optional<std::size_t> place = paired_place(rows, own, reason);
  if (!place) return unpaired(*rows.old_row, *rows.new_row, reason);
  return paired_error(own.pair->change_error(*place), own.pair->count());
}

ChanceError ChangeErrors::of_metric_change() {
  const Score old_row = metric_row(baseline_.table);
  const Score new_row = metric_row(next_.table);
  return of_change({&old_row, &new_row});
}

ChanceError ChangeErrors::of_row(const Score& row) {
  const std::optional<double> error = error_of_row(row);
  if (!error) return without_interval("the row has none");
  return {.error = error,
          .degrees_of_freedom = freedom_of(row.examples),
          .basis = "of the row, " + counted(row.examples, "example")};
}

ChanceError ChangeErrors::of_metric() const {
  return of_row(metric_row(next_.table));
}

ChanceError ChangeErrors::of_difference(const RowPair& first, const RowPair& second) {
  const Entry& own = entry(*first.new_row);
  std::string reason;
  const std::optional<std::size_t> first_place = paired_place(first, own, reason);
  const std::optional<std::size_t> second_place = paired_place(second, own, reason);
  if (first_place && second_place) {
    return paired_error(own.pair->difference_error(*first_place, *second_place), own.pair->count());
  }
  const std::optional<double> first_error = error_of_row(*first.new_row);
  const std::optional<double> second_error = error_of_row(*second.new_row);
  if (!first_error || !second_error) return without_interval("the rows have none, and " + reason);
  // Two rows of one result may go together in any way: no more than the sum of their errors.
  return {.error = *first_error + *second_error,
          .degrees_of_freedom = std::min(freedom_of(first.new_row->examples), freedom_of(second.new_row->examples)),
          .basis = "from the errors of both rows (" + reason + ")"};
}

}  // namespace modattr
