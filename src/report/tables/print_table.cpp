#include "modattr/report/tables/print_table.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "modattr/report/number_format.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

/// What rounding leaves of 0, as a part of the largest number.
constexpr double kRounding = 1e-12;

/// The scores of one modality on one group of examples; null where the table has no such row.
struct ModalityScores {
  const Score* drop = nullptr;
  const Score* without = nullptr;
  const Score* alone = nullptr;
  const Score* model_share = nullptr;
  const Score* task_share = nullptr;
  const Score* projection_gap = nullptr;
  /// The first row that was seen; names the modality and the group.
  const Score* any = nullptr;
};

const Score* ModalityScores::*slot_of(std::string_view definition) {
  if (definition == "permutation.drop") return &ModalityScores::drop;
  if (definition == "permutation.without") return &ModalityScores::without;
  if (definition == "permutation.alone") return &ModalityScores::alone;
  if (definition == "perceptual.model") return &ModalityScores::model_share;
  if (definition == "perceptual.task") return &ModalityScores::task_share;
  if (definition == "emap.gap") return &ModalityScores::projection_gap;
  return nullptr;
}

std::optional<double> known(std::optional<double> value) {
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// A mean that is next to nothing beside its interval is 0 but for the rounding of what it is the mean of.
std::optional<double> value_of(const Score* score) {
  constexpr double kRoundingOfMeans = 1e-6;
  if (score == nullptr || !known(score->value)) return std::nullopt;
  const double scale = score->ci95 ? std::max(std::abs(score->ci95->low), std::abs(score->ci95->high)) : 0.0;
  return std::abs(*score->value) <= kRoundingOfMeans * scale ? 0.0 : *score->value;
}

/// Order of first appearance; all examples come first.
class GroupOrder {
 public:
  explicit GroupOrder(std::span<const Score> rows) {
    rank_[std::nullopt] = 0;
    for (const Score& row : rows) rank_.try_emplace(row.group, rank_.size());
  }
  std::size_t operator()(const Score& row) const { return rank_.at(row.group); }

 private:
  std::map<std::optional<std::string>, std::size_t> rank_;
};

/// Groups that hold every example, so that their rows repeat those of all examples.
std::set<std::string> repeated_groups(std::span<const Score> rows) {
  using Key = std::pair<std::string_view, std::string_view>;
  std::map<Key, const Score*> of_all;
  for (const Score& row : rows) {
    if (!row.group) of_all.try_emplace(Key{row.modality, row.definition}, &row);
  }
  std::map<std::string, bool> repeats;
  for (const Score& row : rows) {
    if (!row.group) continue;
    const auto all = of_all.find(Key{row.modality, row.definition});
    const bool is_same =
        all != of_all.end() && all->second->examples == row.examples && all->second->value == row.value;
    const auto entry = repeats.try_emplace(*row.group, true).first;
    entry->second = entry->second && is_same;
  }
  std::set<std::string> groups;
  for (const auto& [group, is_repeated] : repeats) {
    if (is_repeated) groups.insert(group);
  }
  return groups;
}

double largest_magnitude(std::span<const std::optional<double>> values) {
  double largest = 0.0;
  for (const std::optional<double>& value : values) largest = std::max(largest, std::abs(known(value).value_or(0.0)));
  return largest;
}

std::string interval_text(const std::optional<Interval>& interval, const NumberFormat& format,
                          const NumberSymbols& symbols) {
  if (!interval) return std::string(symbols.unknown);
  return "[" + format(interval->low, symbols.unknown) + ", " + format(interval->high, symbols.unknown) + "]";
}

/// An error that is 0, of a number that owes nothing to chance, says nothing.
bool has_error(const Score* score) {
  const std::optional<double> value = value_of(score);
  return value && known(score->std_error) && *score->std_error > kRounding * std::abs(*value);
}

/// The format of all numbers of `scores` and their errors.
NumberFormat format_of(std::span<const Score* const> scores, Orientation orientation) {
  std::vector<double> values;
  std::vector<double> errors;
  for (const Score* score : scores) {
    if (const std::optional<double> value = value_of(score)) values.push_back(*value);
    if (has_error(score)) errors.push_back(*score->std_error);
  }
  // Where all are 0, their intervals are what is read.
  if (std::ranges::all_of(values, [](double value) { return value == 0.0; })) {
    for (const Score* score : scores) {
      if (score != nullptr && score->ci95) values.insert(values.end(), {score->ci95->low, score->ci95->high});
    }
  }
  return NumberFormat::of_column(values, errors, orientation);
}

bool holds_zero(const std::optional<Interval>& interval) {
  return interval && interval->low <= 0.0 && interval->high >= 0.0;
}

/// Value and standard error with one count of decimals, the ± under each other.
std::vector<std::string> estimate_texts(std::span<const Score* const> scores, std::span<const NumberFormat> formats,
                                        const NumberSymbols& symbols) {
  std::vector<std::string> values;
  std::vector<std::string> errors;
  bool any_error = false;
  std::size_t error_width = 0;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    const Score* const score = scores[row];
    values.push_back(formats[row](value_of(score), symbols.unknown));
    any_error = any_error || has_error(score);
    errors.push_back(has_error(score) ? formats[row].error(score->std_error, symbols.unknown) : "");
    error_width = std::max(error_width, display_width(errors.back()));
  }
  if (!any_error) return values;
  const std::string sign = " " + std::string(symbols.plus_minus) + " ";
  for (std::size_t row = 0; row < scores.size(); ++row) {
    if (!errors[row].empty()) {
      values[row] += sign + pad(errors[row], error_width, Alignment::kLeft);
    } else {
      values[row].append(display_width(sign) + error_width, ' ');
    }
  }
  return values;
}

void add_column(PrintTable& table, ColumnKind kind, std::string title, std::vector<std::string> cells,
                std::string_view unknown) {
  const bool all_unknown = std::ranges::all_of(cells, [&](const std::string& cell) { return cell == unknown; });
  if (!all_unknown) table.columns.push_back({kind, std::move(title), std::move(cells)});
}

/// Adds estimate, interval and bar. `bar_units`: what a bar of length 1 stands for, [rows].
void add_estimates(PrintTable& table, std::string title, std::span<const Score* const> scores,
                   std::span<const NumberFormat> formats, std::span<const double> bar_units,
                   const NumberSymbols& symbols) {
  std::vector<std::string> estimates = estimate_texts(scores, formats, symbols);
  std::vector<std::string> intervals;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    const std::optional<double> value = value_of(scores[row]);
    const std::optional<Interval> interval = scores[row] == nullptr ? std::nullopt : scores[row]->ci95;
    intervals.push_back(interval_text(interval, formats[row], symbols));
    if (value && bar_units[row] > 0.0) table.rows[row].bar = *value / bar_units[row];
    table.rows[row].interval_holds_zero = holds_zero(interval);
  }
  if (std::ranges::any_of(scores, has_error)) title.append(" ").append(symbols.plus_minus).append(" error");
  table.columns.push_back({ColumnKind::kEstimate, std::move(title), std::move(estimates)});
  add_column(table, ColumnKind::kInterval, "95 % interval", std::move(intervals), symbols.unknown);
  if (std::ranges::any_of(bar_units, [](double unit) { return unit > 0.0; })) {
    table.columns.push_back({ColumnKind::kBar, "", {}});
  }
}

/// Largest magnitude of a definition.
double largest_in(std::span<const ModalityScores> lines, const Score* ModalityScores::*slot) {
  double largest = 0.0;
  for (const ModalityScores& line : lines) largest = std::max(largest, std::abs(value_of(line.*slot).value_or(0.0)));
  return largest;
}

/// One column of plain numbers, when any row of the table has its definition.
void add_numbers(PrintTable& table, ColumnKind kind, std::string title, std::span<const ModalityScores> lines,
                 const Score* ModalityScores::*slot, const std::function<std::string(double)>& print,
                 const NumberSymbols& symbols) {
  std::vector<std::string> cells;
  bool any_row = false;
  for (const ModalityScores& line : lines) {
    any_row = any_row || line.*slot != nullptr;
    const std::optional<double> value = value_of(line.*slot);
    cells.push_back(value ? print(*value) : std::string(symbols.unknown));
  }
  if (any_row) table.columns.push_back({kind, std::move(title), std::move(cells)});
}

std::size_t example_count_of(const ModalityScores& line) {
  std::size_t count = 0;
  for (const Score* score :
       {line.drop, line.without, line.alone, line.model_share, line.task_share, line.projection_gap}) {
    if (score != nullptr) count = std::max(count, score->examples);
  }
  return count;
}

/// The p-value of a test over repeats; that none can be lower is said.
std::string repeat_p_value(const Score* drop, std::optional<std::size_t> repeat_count, const NumberSymbols& symbols) {
  const std::optional<double> value = drop == nullptr ? std::nullopt : drop->p_value;
  std::string text = format_p_value(value, symbols.unknown);
  const bool is_least = known(value) && repeat_count && *value * static_cast<double>(*repeat_count + 1) < 1.5;
  return is_least && !text.starts_with('<') ? std::string(symbols.at_most) + text : text;
}

PrintTable permutation_table(std::span<const ModalityScores> lines, const NumberFormat& score_format,
                             const ScoreTable& scores, const NumberSymbols& symbols) {
  PrintTable table;
  if (lines.empty()) return table;
  std::vector<const Score*> drops;
  std::vector<std::optional<double>> drop_values;
  std::vector<std::string> names;
  for (const ModalityScores& line : lines) {
    table.rows.push_back({.group = line.any->group, .example_count = example_count_of(line)});
    names.push_back(line.any->modality);
    drops.push_back(line.drop);
    drop_values.push_back(value_of(line.drop));
  }
  table.columns.push_back({ColumnKind::kModality, "modality", std::move(names)});
  if (std::ranges::any_of(drops, [](const Score* drop) { return drop != nullptr; })) {
    const double largest = largest_magnitude(drop_values);
    const NumberFormat format = format_of(drops, scores.orientation);
    const std::vector<NumberFormat> formats(lines.size(), format);
    const std::vector<double> bar_units(lines.size(), largest);
    add_estimates(table, "drop", drops, formats, bar_units, symbols);
    if (largest > 0.0) table.longest_bar = format(largest, symbols.unknown);
  }
  const auto as_score = [&](double value) { return score_format(value, symbols.unknown); };
  const auto percent_of = [&](const Score* ModalityScores::*slot) {
    return [largest = largest_in(lines, slot)](double value) { return format_percent(value, largest); };
  };
  add_numbers(table, ColumnKind::kWithout, "without", lines, &ModalityScores::without, as_score, symbols);
  add_numbers(table, ColumnKind::kAlone, "alone", lines, &ModalityScores::alone, as_score, symbols);
  add_numbers(table, ColumnKind::kModelShare, "model", lines, &ModalityScores::model_share,
              percent_of(&ModalityScores::model_share), symbols);
  add_numbers(table, ColumnKind::kTaskShare, "task", lines, &ModalityScores::task_share,
              percent_of(&ModalityScores::task_share), symbols);
  add_numbers(table, ColumnKind::kProjectionGap, "emap", lines, &ModalityScores::projection_gap, as_score, symbols);
  std::vector<std::string> p_values;
  std::vector<std::string> repeat_p_values;
  for (const Score* drop : drops) {
    p_values.push_back(format_p_value(drop == nullptr ? std::nullopt : drop->p_value_examples, symbols.unknown));
    repeat_p_values.push_back(repeat_p_value(drop, scores.repeat_count, symbols));
  }
  add_column(table, ColumnKind::kPValue, "p", std::move(p_values), symbols.unknown);
  add_column(table, ColumnKind::kRepeatPValue, "p repeats", std::move(repeat_p_values), symbols.unknown);
  return table;
}

PrintTable other_table(std::span<const Score* const> scores, Orientation orientation, const NumberSymbols& symbols) {
  PrintTable table;
  if (scores.empty()) return table;
  std::map<std::string_view, double> largest_of;
  std::map<std::string_view, std::vector<const Score*>> scores_of;
  double largest_of_all = 0.0;
  for (const Score* score : scores) {
    double& largest = largest_of[score->definition];
    largest = std::max(largest, std::abs(value_of(score).value_or(0.0)));
    largest_of_all = std::max(largest_of_all, largest);
    scores_of[score->definition].push_back(score);
  }
  std::map<std::string_view, NumberFormat> format_by;
  for (const auto& [definition, own] : scores_of) format_by.emplace(definition, format_of(own, orientation));
  // The gap is rounding where all is well, and no matter of size.
  const auto has_bar = [&](const std::string& definition) {
    return definition != "shapley.efficiency_gap" && largest_of.at(definition) > kRounding * largest_of_all;
  };
  std::vector<std::string> names;
  std::vector<std::string> definitions;
  std::vector<std::string> p_values;
  std::vector<NumberFormat> formats;
  std::vector<double> bar_units;
  for (const Score* score : scores) {
    table.rows.push_back({.group = score->group, .example_count = score->examples});
    names.push_back(score->modality);
    definitions.push_back(score->definition);
    p_values.push_back(format_p_value(score->p_value, symbols.unknown));
    const double largest = largest_of.at(score->definition);
    bar_units.push_back(has_bar(score->definition) ? largest : 0.0);
    formats.push_back(format_by.at(score->definition));
  }
  table.columns.push_back({ColumnKind::kModality, "modality", std::move(names)});
  table.columns.push_back({ColumnKind::kDefinition, "definition", std::move(definitions)});
  add_estimates(table, "value", scores, formats, bar_units, symbols);
  add_column(table, ColumnKind::kPValue, "p", std::move(p_values), symbols.unknown);
  if (largest_of.size() == 1 && bar_units.front() > 0.0) {
    table.longest_bar = formats.front()(bar_units.front(), symbols.unknown);
  }
  return table;
}

}  // namespace

PrintTables arrange_for_print(const ScoreTable& table, const NumberSymbols& symbols) {
  const GroupOrder rank(table.rows);
  std::vector<ModalityScores> lines;
  std::vector<const Score*> others;
  std::map<std::pair<std::size_t, std::string_view>, std::size_t> line_of;
  std::vector<double> on_score_scale{table.score.value_or(0.0)};
  const std::set<std::string> repeated = repeated_groups(table.rows);
  for (const Score& row : table.rows) {
    if (row.group && repeated.contains(*row.group)) continue;
    const auto slot = slot_of(row.definition);
    if (slot == nullptr) {
      others.push_back(&row);
      continue;
    }
    const auto [place, is_new] = line_of.try_emplace({rank(row), row.modality}, lines.size());
    if (is_new) lines.push_back({.any = &row});
    ModalityScores& line = lines[place->second];
    // A second row of the same meaning must not hide the first.
    if (line.*slot != nullptr) {
      others.push_back(&row);
      continue;
    }
    line.*slot = &row;
    const bool is_on_score_scale = slot == &ModalityScores::without || slot == &ModalityScores::alone;
    if (is_on_score_scale) on_score_scale.push_back(row.value.value_or(0.0));
  }
  std::ranges::stable_sort(lines, {}, [&](const ModalityScores& line) { return rank(*line.any); });
  std::ranges::stable_sort(others, {}, [&](const Score* score) { return rank(*score); });
  const NumberFormat column_format = NumberFormat::of_column(on_score_scale, {}, table.orientation);
  const NumberFormat score_format(std::abs(known(table.score).value_or(0.0)), table.orientation);
  return {.permutation = permutation_table(lines, column_format, table, symbols),
          .other = other_table(others, table.orientation, symbols),
          .score = score_format(table.score, symbols.unknown),
          .score_interval = table.score_ci95 ? interval_text(table.score_ci95, score_format, symbols) : ""};
}

}  // namespace modattr
