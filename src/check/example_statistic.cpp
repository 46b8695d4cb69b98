#include "modattr/check/example_statistic.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include "modattr/check/rule_subject.h"
#include "modattr/report/number_format.h"
#include "modattr/stats/mixture_shares.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

using Form = ExampleStatistic::Form;
using Records = std::vector<const ExampleRecord*>;
/// The numbers of an example; empty where it has none.
using Numbers = std::function<std::vector<double>(const ExampleAttribution&)>;

/// How Score::group names a class, where results are broken down by labels.
constexpr std::string_view kLabelGroup = "label ";

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

std::vector<double> magnitudes(std::vector<double> values) {
  for (double& value : values) value = std::abs(value);
  return values;
}

struct PlayerSums {
  explicit PlayerSums(const ExampleAttribution& example)
      : counts(example.modalities.size(), 0), sums(example.modalities.size(), 0.0) {
    for (const PlayerScore& player : example.players) {
      if (player.modality >= sums.size()) continue;
      ++counts[player.modality];
      sums[player.modality] += std::abs(player.value);
      all += std::abs(player.value);
    }
  }

  std::vector<std::size_t> counts;
  /// Of magnitudes.
  std::vector<double> sums;
  double all = 0.0;
};

/// Shares of an example and 1; zeros where its effects are rounding, as the engine has it.
std::vector<double> with_defined(std::vector<double> parts, const ExampleAttribution& example, double all) {
  const double scale = std::max({std::abs(example.value_full), std::abs(example.value_empty), all});
  const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
  const bool is_defined = sum > kAnswerRounding * scale;
  for (double& part : parts) part = is_defined ? part / sum : 0.0;
  parts.push_back(is_defined ? 1.0 : 0.0);
  return parts;
}

/// phi_m - 1/2 sum over j of phi_mj, then the pairs; empty without pairs.
std::vector<double> effects_and_pairs(const ExampleAttribution& example) {
  const std::size_t modality_count = example.modalities.size();
  const std::vector<double>& pairs = example.interactions;
  if (modality_count < 2 || pairs.size() != modality_count * (modality_count - 1) / 2) return {};
  std::vector<double> effects = example.modalities;
  std::size_t pair = 0;
  for (std::size_t first = 0; first < modality_count; ++first) {
    for (std::size_t second = first + 1; second < modality_count; ++second, ++pair) {
      effects[first] -= 0.5 * pairs[pair];
      effects[second] -= 0.5 * pairs[pair];
    }
  }
  effects.insert(effects.end(), pairs.begin(), pairs.end());
  return effects;
}

/// The pairs' share of an example and 1; zeros where its effects are what float32 loses, as the engine has it.
std::vector<double> interplay_of(const ExampleAttribution& example) {
  constexpr double kFloatRounding = 1e-7;
  const std::vector<double> effects = magnitudes(effects_and_pairs(example));
  if (effects.empty()) return {};
  const auto pairs = effects.begin() + static_cast<std::ptrdiff_t>(example.modalities.size());
  const double all = std::accumulate(effects.begin(), effects.end(), 0.0);
  double size = std::abs(example.value_full) + std::abs(example.value_empty);
  for (const double value : example.modalities) size += std::abs(value);
  if (all <= kFloatRounding * size) return {0.0, 0.0};
  return {std::accumulate(pairs, effects.end(), 0.0) / all, 1.0};
}

/// Shares of the magnitudes of coefficients and 1; zeros where there are none. A conjunction counts half for each side.
std::vector<double> coefficient_shares(const ExampleAttribution& example) {
  std::vector<double> parts(example.modalities.size(), 0.0);
  if (!example.surrogate) return {};
  const auto add = [&](std::size_t modality, double magnitude) {
    if (modality < parts.size()) parts[modality] += magnitude;
  };
  for (const PlayerScore& player : example.players) add(player.modality, std::abs(player.value));
  for (const PairScore& pair : example.surrogate->pairs) {
    add(pair.first.modality, 0.5 * std::abs(pair.value));
    add(pair.second.modality, 0.5 * std::abs(pair.value));
  }
  const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
  for (double& part : parts) part = sum > 0.0 ? part / sum : 0.0;
  parts.push_back(sum > 0.0 ? 1.0 : 0.0);
  return parts;
}

/// What the numbers of a definition are of: each modality, each pair of them, or all at once under the name "all".
enum class NumbersOf : std::uint8_t { kModalities, kPairs, kAll };

/// How a definition follows from the explanations of single examples.
struct ExampleFormula {
  std::string_view definition;
  Form form;
  Numbers numbers;
  NumbersOf of = NumbersOf::kModalities;
};

const std::vector<ExampleFormula>& example_formulas() {
  static const std::vector<ExampleFormula> kFormulas = {
      {"permutation.drop", Form::kMean, [](const ExampleAttribution& example) { return example.modalities; }},
      {"shapley.mean", Form::kMean, [](const ExampleAttribution& example) { return example.modalities; }},
      {"shapley.mean_abs", Form::kMean,
       [](const ExampleAttribution& example) { return magnitudes(example.modalities); }},
      {"share.abs", Form::kPartOfSums,
       [](const ExampleAttribution& example) { return magnitudes(example.modalities); }},
      {"shapley.full", Form::kMean, [](const ExampleAttribution& example) { return std::vector{example.value_full}; },
       NumbersOf::kAll},
      {"shapley.empty", Form::kMean, [](const ExampleAttribution& example) { return std::vector{example.value_empty}; },
       NumbersOf::kAll},
      {"share.owen", Form::kMeanShare,
       [](const ExampleAttribution& example) {
         PlayerSums players(example);
         return with_defined(std::move(players.sums), example, players.all);
       }},
      {"share.mm_shap", Form::kMeanShare,
       [](const ExampleAttribution& example) {
         PlayerSums players(example);
         return with_defined(std::move(players.sums), example, players.all);
       }},
      {"share.mm_shap_avg", Form::kMeanShare,
       [](const ExampleAttribution& example) {
         PlayerSums players(example);
         for (std::size_t modality = 0; modality < players.sums.size(); ++modality) {
           players.sums[modality] /= static_cast<double>(std::max<std::size_t>(players.counts[modality], 1));
         }
         return with_defined(std::move(players.sums), example, players.all);
       }},
      {"share.net", Form::kMeanShare,
       [](const ExampleAttribution& example) {
         return with_defined(magnitudes(example.modalities), example, PlayerSums(example).all);
       }},
      {"lime.share", Form::kMeanShare, coefficient_shares},
      {"interaction.mean", Form::kMean, [](const ExampleAttribution& example) { return example.interactions; },
       NumbersOf::kPairs},
      {"interaction.mean_abs", Form::kMean,
       [](const ExampleAttribution& example) { return magnitudes(example.interactions); }, NumbersOf::kPairs},
      {"interaction.intershap", Form::kInterplay, effects_and_pairs, NumbersOf::kAll},
      {"interaction.intershap_local", Form::kMeanShare, interplay_of, NumbersOf::kAll}};
  return kFormulas;
}

std::vector<std::string> names_of(NumbersOf of, const std::vector<std::string>& modalities) {
  if (of == NumbersOf::kModalities) return modalities;
  if (of == NumbersOf::kAll) return {"all"};
  std::vector<std::string> names;
  for (std::size_t first = 0; first < modalities.size(); ++first) {
    for (std::size_t second = first + 1; second < modalities.size(); ++second) {
      names.push_back(modalities[first] + "|" + modalities[second]);
    }
  }
  return names;
}

bool is_in_group(const ExampleRecord& record, const std::string& group) {
  if (record.group == group) return true;
  if (!record.label || !group.starts_with(kLabelGroup)) return false;
  return group.substr(kLabelGroup.size()) == record.label_name.value_or(format_exact(*record.label));
}

/// Those of a run and a group, without the record of a whole set.
Records records_of(std::span<const ExampleRecord> all, const std::string& run,
                   const std::optional<std::string>& group = std::nullopt) {
  Records records;
  for (const ExampleRecord& record : all) {
    if (record.run == run && record.id && (!group || is_in_group(record, *group))) records.push_back(&record);
  }
  return records;
}

/// Whether some of all examples are known to be in the group, if there is one; else says so.
bool knows_group(const Records& in_group, const Records& all, const StatisticSubject& subject, std::string& reason) {
  if (!subject.group || !in_group.empty() || all.empty()) return true;
  reason = "examples do not tell this group";
  return false;
}

/// Makes a statistic of one list of numbers per record.
std::optional<ExampleStatistic> from_records(const Records& records, std::vector<std::string> names, Form form,
                                             const std::function<std::vector<double>(const ExampleRecord&)>& numbers,
                                             std::string& reason, std::size_t modality_count = 0) {
  if (records.empty()) {
    reason = "no single examples";
    return std::nullopt;
  }
  const std::size_t column_count = form == Form::kInterplay ? modality_count * (modality_count + 1) / 2
                                                            : names.size() + (form == Form::kMeanShare ? 1 : 0);
  ExampleStatistic::Values values{.form = form,
                                  .names = std::move(names),
                                  .main_effect_count = form == Form::kInterplay ? modality_count : 0,
                                  .ids = {},
                                  .columns = Matrix(column_count, records.size())};
  std::set<std::string> seen;
  for (std::size_t place = 0; place < records.size(); ++place) {
    const std::vector<double> own = numbers(*records[place]);
    if (own.size() != column_count || !std::ranges::all_of(own, [](double number) { return std::isfinite(number); })) {
      reason = "an example without numbers";
      return std::nullopt;
    }
    if (!seen.insert(*records[place]->id).second) {
      reason = "two examples of one id";
      return std::nullopt;
    }
    values.ids.push_back(*records[place]->id);
    for (std::size_t column = 0; column < column_count; ++column) values.columns(column, place) = own[column];
  }
  return ExampleStatistic(std::move(values));
}

const Detail* find_detail(const std::vector<Detail>& details, std::string_view name) {
  const auto found = std::ranges::find(details, name, &Detail::name);
  return found == details.end() ? nullptr : &*found;
}

/// The traced examples of a run whose answers are wrong.
Records wrong_answers(const ResultSet& set, const std::string& run,
                      const std::optional<std::string>& group = std::nullopt) {
  Records wrong;
  for (const ExampleRecord* record : records_of(set.traced, run, group)) {
    const Detail* right = find_detail(record->attribution.details, "right");
    const bool* is_right = right == nullptr ? nullptr : std::get_if<bool>(&right->value);
    if (is_right == nullptr || !*is_right) wrong.push_back(record);
  }
  return wrong;
}

std::optional<ExampleStatistic> metric_statistic(const ResultSet& set, std::string& reason) {
  std::vector<std::string> runs;
  for (const ExampleRecord& record : set.table.examples) {
    if (std::ranges::find(runs, record.run) == runs.end()) runs.push_back(record.run);
  }
  const std::vector<std::string> names = {std::string(kMetricDefinition)};
  for (const std::string& run : runs) {
    if (engine_of(set.table, run) != "permute") continue;
    const auto outcome = [](const ExampleRecord& record) { return std::vector{record.attribution.value_full}; };
    return from_records(records_of(set.table.examples, run), names, Form::kMean, outcome, reason);
  }
  if (set.table.metric != "accuracy" || (runs.empty() && set.traced.empty())) {
    reason = "no outcomes of single examples";
    return std::nullopt;
  }
  if (runs.empty()) {
    const auto once = [](const ExampleRecord&) { return std::vector{1.0}; };
    return from_records(wrong_answers(set, set.traced.front().run), names, Form::kPartWithout, once, reason);
  }
  const auto is_right = [](const ExampleRecord& record) -> std::vector<double> {
    if (!record.label || !record.predicted) return {};
    return {*record.label == static_cast<double>(*record.predicted) ? 1.0 : 0.0};
  };
  return from_records(records_of(set.table.examples, runs.front()), names, Form::kMean, is_right, reason);
}

/// Number of a detail, which files may hold as a whole one.
double number_of_detail(const Detail* detail) {
  if (detail == nullptr) return kUnknown;
  if (const auto* number = std::get_if<double>(&detail->value)) return *number;
  const auto* whole = std::get_if<std::int64_t>(&detail->value);
  return whole == nullptr ? kUnknown : static_cast<double>(*whole);
}

std::optional<ExampleStatistic> trace_statistic(const ResultSet& set, const StatisticSubject& subject,
                                                std::string& reason) {
  std::vector<std::string> names = set.table.modalities;
  names.emplace_back("model");
  const auto probabilities = [&names](const ExampleRecord& record) -> std::vector<double> {
    const Detail* detail = find_detail(record.attribution.details, "probability");
    const auto* object = detail == nullptr ? nullptr : std::get_if<Detail::Object>(&detail->value);
    std::vector<double> own;
    own.reserve(names.size());
    for (const std::string& name : names) {
      own.push_back(object == nullptr ? kUnknown : number_of_detail(find_detail(object->members, name)));
    }
    const double sum = std::accumulate(own.begin(), own.end(), 0.0);
    return std::ranges::min(own) >= 0.0 && sum > 0.0 ? own : std::vector<double>{};
  };
  const Records wrong = wrong_answers(set, subject.run, subject.group);
  if (!knows_group(wrong, wrong_answers(set, subject.run), subject, reason)) return std::nullopt;
  return from_records(wrong, names, Form::kMixture, probabilities, reason);
}

}  // namespace

ExampleStatistic::ExampleStatistic(Values values)
    : form_(values.form), main_effect_count_(values.main_effect_count), names_(std::move(values.names)) {
  std::vector<std::size_t> order(values.ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t place) -> const std::string& { return values.ids[place]; });
  columns_ = Matrix(values.columns.row_count(), order.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    ids_.push_back(std::move(values.ids[order[place]]));
    places_.push_back(static_cast<std::uint32_t>(place));
    for (std::size_t column = 0; column < columns_.row_count(); ++column) {
      columns_(column, place) = values.columns(column, order[place]);
    }
  }
}

void ExampleStatistic::evaluate(std::span<const std::uint32_t> weights, std::span<double> numbers) const {
  if (form_ == Form::kMixture) {
    evaluate_mixture(weights, numbers);
    return;
  }
  std::vector<double> sums(columns_.row_count(), 0.0);
  for (std::size_t column = 0; column < columns_.row_count(); ++column) {
    const std::span<const double> own = columns_.row(column);
    double sum = 0.0;
    for (std::size_t place = 0; place < own.size(); ++place) sum += weights[places_[place]] * own[place];
    sums[column] = sum;
  }
  double whole = 0.0;
  if (form_ == Form::kPartWithout) {
    const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
    numbers.front() = all > 0.0 ? 1.0 - sums.front() / all : kUnknown;
    return;
  }
  if (form_ == Form::kInterplay) {
    // The means' common divisor cancels out.
    const auto pairs = sums.begin() + static_cast<std::ptrdiff_t>(main_effect_count_);
    for (double& sum : sums) sum = std::abs(sum);
    whole = std::accumulate(sums.begin(), sums.end(), 0.0);
    numbers.front() = whole > 0.0 ? std::accumulate(pairs, sums.end(), 0.0) / whole : kUnknown;
    return;
  }
  if (form_ == Form::kMean) {
    for (const std::uint32_t place : places_) whole += weights[place];
  } else {
    whole = form_ == Form::kMeanShare ? sums.back() : std::accumulate(sums.begin(), sums.end(), 0.0);
  }
  for (std::size_t name = 0; name < names_.size(); ++name) numbers[name] = whole > 0.0 ? sums[name] / whole : kUnknown;
}

void ExampleStatistic::evaluate_mixture(std::span<const std::uint32_t> weights, std::span<double> numbers) const {
  std::vector<std::vector<double>> probabilities;
  std::vector<double> counts;
  for (std::size_t place = 0; place < ids_.size(); ++place) {
    const std::uint32_t weight = weights[places_[place]];
    if (weight == 0) continue;
    std::vector<double>& own = probabilities.emplace_back();
    for (std::size_t name = 0; name < names_.size(); ++name) own.push_back(columns_(name, place));
    counts.push_back(weight);
  }
  const std::vector<double> shares = estimate_shares(probabilities, counts);
  for (std::size_t name = 0; name < names_.size(); ++name) numbers[name] = shares.empty() ? kUnknown : shares[name];
}

std::optional<ExampleStatistic> make_statistic(const ResultSet& set, const StatisticSubject& subject,
                                               std::string& reason) {
  if (subject.definition == kMetricDefinition) return metric_statistic(set, reason);
  if (subject.definition == "trace.share") return trace_statistic(set, subject, reason);
  const auto formula = std::ranges::find(example_formulas(), subject.definition, &ExampleFormula::definition);
  if (formula == example_formulas().end()) {
    reason = "no numbers of single examples";
    return std::nullopt;
  }
  const auto numbers = [&](const ExampleRecord& record) { return formula->numbers(record.attribution); };
  const Records records = records_of(set.table.examples, subject.run, subject.group);
  if (!knows_group(records, records_of(set.table.examples, subject.run), subject, reason)) return std::nullopt;
  return from_records(records, names_of(formula->of, set.table.modalities), formula->form, numbers, reason,
                      set.table.modalities.size());
}

}  // namespace modattr
