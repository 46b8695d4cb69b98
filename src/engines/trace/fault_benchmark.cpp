#include "modattr/engines/trace/fault_benchmark.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "modattr/engines/trace/culprit_model.h"
#include "modattr/stats/bootstrap.h"
#include "modattr/stats/mixture_shares.h"

namespace modattr {
namespace {

constexpr std::size_t kBinCount = 10;

std::size_t place_of_largest(std::span<const double> values) {
  return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

/// A number per modality whose largest one is blamed; empty where the rule does not apply.
using Rule = std::function<std::vector<double>(const CaseEvidence&)>;

std::vector<double> per_modality(const CaseEvidence& evidence,
                                 const std::function<double(const ModalityEvidence&)>& number) {
  std::vector<double> numbers;
  for (const ModalityEvidence& modality : evidence.modalities) numbers.push_back(number(modality));
  return numbers;
}

std::vector<double> negated(std::vector<double> values) {
  for (double& value : values) value = -value;
  return values;
}

/// Rules that people use instead, by their definition.
std::vector<std::pair<std::string, Rule>> simple_rules() {
  return {
      {"trace.hit_share",
       [](const CaseEvidence& evidence) {
         std::vector<double> values = evidence.rules.predicted;
         for (double& value : values) value = std::abs(value);
         return values;
       }},
      {"trace.hit_probability",
       [](const CaseEvidence& evidence) { return per_modality(evidence, [](const auto& own) { return own.blame; }); }},
      {"trace.hit_log_probability",
       [](const CaseEvidence& evidence) { return negated(evidence.rules.log_probability); }},
      {"trace.hit_margin", [](const CaseEvidence& evidence) { return negated(evidence.rules.margin); }},
      {"trace.hit_repair",
       [](const CaseEvidence& evidence) { return per_modality(evidence, [](const auto& own) { return own.repair; }); }},
      {"trace.hit_typicality", [](const CaseEvidence& evidence) {
         return per_modality(evidence, [](const auto& own) { return own.typicality; });
       }}};
}

/// What became of a case.
struct Outcome {
  double hit = 0.0;
  double decided = 0.0;
  double hit_decided = 0.0;
  double confidence = 0.0;
  double brier = 0.0;
};

Outcome outcome_of(const std::vector<double>& probabilities, std::size_t culprit, double threshold) {
  const std::size_t blamed = place_of_largest(probabilities);
  Outcome outcome{.confidence = probabilities[blamed]};
  outcome.hit = blamed == culprit ? 1.0 : 0.0;
  outcome.decided = outcome.confidence >= threshold ? 1.0 : 0.0;
  outcome.hit_decided = outcome.hit * outcome.decided;
  for (std::size_t place = 0; place < probabilities.size(); ++place) {
    const double error = probabilities[place] - (place == culprit ? 1.0 : 0.0);
    outcome.brier += error * error;
  }
  return outcome;
}

/// Outcomes of one fault's cases, and whether simple rules hit.
struct FaultOutcomes {
  const FaultCases* cases = nullptr;
  std::vector<Outcome> outcomes;
  /// [rules][cases]; empty where a rule does not apply.
  std::vector<std::vector<double>> rule_hits;
};

/// A weighted set of cases: a fault, all faults of a modality, or all of them balanced.
struct Group {
  std::string modality;
  std::optional<std::string> name;
  /// Faults that count equally within their modality.
  std::vector<const FaultOutcomes*> faults;
};

class Rows {
 public:
  Rows(const Rng& rng, Attribution& result) : rng_(rng), result_(result) {}

  /// The mean of a number over modalities, over their faults, over cases; with an interval over cases.
  void add(const Group& group, std::string definition,
           const std::function<double(const FaultOutcomes&, std::size_t)>& number) {
    add_ratio(group, std::move(definition), number, [](const FaultOutcomes&, std::size_t) { return 1.0; });
  }
  void add_ratio(const Group& group, std::string definition,
                 const std::function<double(const FaultOutcomes&, std::size_t)>& number,
                 const std::function<double(const FaultOutcomes&, std::size_t)>& divisor) {
    std::size_t case_count = 0;
    for (const FaultOutcomes* fault : group.faults) case_count += fault->outcomes.size();
    if (case_count == 0) return;
    const auto value_of = [&](const std::vector<std::vector<std::uint32_t>>* weights) {
      return balanced(group, [&](std::size_t place) -> std::optional<double> {
        const FaultOutcomes& fault = *group.faults[place];
        double sum = 0.0;
        double all = 0.0;
        for (std::size_t each = 0; each < fault.outcomes.size(); ++each) {
          const double weight = weights == nullptr ? 1.0 : static_cast<double>((*weights)[place][each]);
          sum += weight * number(fault, each);
          all += weight * divisor(fault, each);
        }
        return all > 0.0 ? std::optional(sum / all) : std::nullopt;
      });
    };
    std::vector<std::optional<double>> replicates;
    for (std::uint32_t replicate = 0; replicate < kReplicates; ++replicate) {
      std::vector<std::vector<std::uint32_t>> weights;
      for (std::size_t place = 0; place < group.faults.size(); ++place) {
        weights.emplace_back(group.faults[place]->outcomes.size());
        if (weights.back().size() > 1) {
          bootstrap_weights(rng_, static_cast<std::uint32_t>(place), replicate, weights.back());
        } else {
          std::ranges::fill(weights.back(), 1U);
        }
      }
      replicates.push_back(value_of(&weights));
    }
    add_row(group, std::move(definition), value_of(nullptr), percentile_interval95(replicates), case_count);
  }
  void add_row(const Group& group, std::string definition, std::optional<double> value,
               std::optional<Interval> interval, std::size_t case_count) {
    result_.rows.push_back({.modality = group.modality,
                            .definition = std::move(definition),
                            .group = group.name,
                            .value = value,
                            .std_error = std::nullopt,
                            .ci95 = interval,
                            .examples = case_count,
                            .p_value = std::nullopt});
  }
  /// Mean over modalities of the means over their faults; what is not known does not count.
  static std::optional<double> balanced(const Group& group,
                                        const std::function<std::optional<double>(std::size_t)>& value) {
    std::vector<std::pair<std::size_t, std::vector<double>>> by_modality;
    for (std::size_t place = 0; place < group.faults.size(); ++place) {
      const std::optional<double> own = value(place);
      if (!own) continue;
      const std::size_t modality = group.faults[place]->cases->fault.modality;
      const auto found = std::ranges::find(by_modality, modality, &std::pair<std::size_t, std::vector<double>>::first);
      if (found == by_modality.end()) {
        by_modality.push_back({modality, {*own}});
      } else {
        found->second.push_back(*own);
      }
    }
    if (by_modality.empty()) return std::nullopt;
    double sum = 0.0;
    for (const auto& [modality, values] : by_modality) {
      sum += std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    }
    return sum / static_cast<double>(by_modality.size());
  }

 private:
  static constexpr std::uint32_t kReplicates = 200;

  const Rng& rng_;
  Attribution& result_;
};

/// Cases by the confidence of their verdicts, each weighing as in the balanced mean.
struct Bin {
  std::size_t case_count = 0;
  double weight = 0.0;
  double confidence = 0.0;
  double hits = 0.0;
};

std::array<Bin, kBinCount> bins_of(const Group& group) {
  std::array<Bin, kBinCount> bins{};
  std::vector<std::size_t> modalities;
  for (const FaultOutcomes* fault : group.faults) modalities.push_back(fault->cases->fault.modality);
  for (const FaultOutcomes* fault : group.faults) {
    const auto faults = static_cast<double>(std::ranges::count(modalities, fault->cases->fault.modality));
    const double weight = 1.0 / (faults * std::max(1.0, static_cast<double>(fault->outcomes.size())));
    for (const Outcome& outcome : fault->outcomes) {
      Bin& bin = bins[std::min(static_cast<std::size_t>(outcome.confidence * kBinCount), kBinCount - 1)];
      ++bin.case_count;
      bin.weight += weight;
      bin.confidence += weight * outcome.confidence;
      bin.hits += weight * outcome.hit;
    }
  }
  return bins;
}

double calibration_error(std::span<const Bin> bins) {
  double error = 0.0;
  double total = 0.0;
  for (const Bin& bin : bins) {
    error += std::abs(bin.confidence - bin.hits);
    total += bin.weight;
  }
  return total > 0.0 ? error / total : 0.0;
}

/// The reliability diagram of all verdicts as rows, a bin of confidence each.
void add_reliability(const Group& balanced, Rows& rows) {
  const std::array<Bin, kBinCount> bins = bins_of(balanced);
  for (std::size_t place = 0; place < kBinCount; ++place) {
    const Bin& bin = bins[place];
    if (bin.case_count == 0) continue;
    const std::string low = place == 0 ? "0" : "0." + std::to_string(place);
    const std::string high = place + 1 == kBinCount ? "1" : "0." + std::to_string(place + 1);
    const Group group{.modality = balanced.modality, .name = "confidence " + low + " to " + high, .faults = {}};
    rows.add_row(group, "trace.confidence", bin.confidence / bin.weight, std::nullopt, bin.case_count);
    rows.add_row(group, "trace.reliability", bin.hits / bin.weight, std::nullopt, bin.case_count);
  }
}

void add_group(const Group& group, Rows& rows) {
  std::size_t case_count = 0;
  for (const FaultOutcomes* fault : group.faults) case_count += fault->outcomes.size();
  if (case_count == 0) return;
  rows.add(group, "trace.hit", [](const FaultOutcomes& fault, std::size_t each) { return fault.outcomes[each].hit; });
  rows.add(group, "trace.decided",
           [](const FaultOutcomes& fault, std::size_t each) { return fault.outcomes[each].decided; });
  rows.add_ratio(
      group, "trace.hit_decided",
      [](const FaultOutcomes& fault, std::size_t each) { return fault.outcomes[each].hit_decided; },
      [](const FaultOutcomes& fault, std::size_t each) { return fault.outcomes[each].decided; });
  rows.add(group, "trace.brier",
           [](const FaultOutcomes& fault, std::size_t each) { return fault.outcomes[each].brier; });
  rows.add_row(group, "trace.ece", calibration_error(bins_of(group)), std::nullopt, case_count);
  const std::vector<std::pair<std::string, Rule>> rules = simple_rules();
  for (std::size_t rule = 0; rule < rules.size(); ++rule) {
    if (std::ranges::any_of(group.faults, [&](const FaultOutcomes* fault) { return fault->rule_hits[rule].empty(); })) {
      continue;
    }
    rows.add(group, rules[rule].first,
             [&](const FaultOutcomes& fault, std::size_t each) { return fault.rule_hits[rule][each]; });
  }
}

FaultOutcomes outcomes_of(const FaultCases& cases, const CulpritModel& model, double threshold) {
  FaultOutcomes result{.cases = &cases, .outcomes = {}, .rule_hits = {}};
  for (const CaseEvidence& evidence : cases.evidence) {
    result.outcomes.push_back(outcome_of(model.modality_probabilities(evidence), cases.fault.modality, threshold));
  }
  for (const auto& [name, rule] : simple_rules()) {
    std::vector<double> hits;
    for (const CaseEvidence& evidence : cases.evidence) {
      const std::vector<double> values = rule(evidence);
      if (!values.empty()) hits.push_back(place_of_largest(values) == cases.fault.modality ? 1.0 : 0.0);
    }
    result.rule_hits.push_back(std::move(hits));
  }
  return result;
}

/// Part of natural errors that go to each modality, the model, or stay undecided; and the shares estimated in a mixture
/// that holds each modality's faults and these errors.
void add_natural_errors(const TraceShared& shared, std::span<const CalibrationCase> calibration,
                        const std::vector<std::string>& names, double threshold, Rows& rows) {
  // A few errors show neither what the model's own look like nor how many parts a mixture has.
  constexpr std::size_t kFewestErrors = 20;
  if (std::min(shared.own_errors.size(), shared.tested_errors.size()) < kFewestErrors) return;
  const CulpritModel model = fit_culprits(names.size(), calibration, shared.own_errors);
  std::vector<std::string> verdicts = names;
  verdicts.emplace_back("model");
  std::vector<double> counts(verdicts.size());
  std::vector<std::vector<double>> probabilities;
  for (const CaseEvidence& evidence : shared.tested_errors) {
    probabilities.push_back(model.probabilities(evidence));
    const std::size_t verdict = place_of_largest(probabilities.back());
    if (probabilities.back()[verdict] >= threshold) counts[verdict] += 1.0;
  }
  const std::size_t error_count = probabilities.size();
  for (std::size_t place = 0; place < verdicts.size(); ++place) {
    rows.add_row({.modality = verdicts[place], .name = std::nullopt, .faults = {}}, "trace.natural",
                 counts[place] / static_cast<double>(error_count), std::nullopt, error_count);
  }
  // A tenth of the first modality's faults, two tenths of the second's, and so on; at most half of it is faults.
  std::vector<double> shares(names.size());
  for (std::size_t place = 0; place < shares.size(); ++place) shares[place] = 0.1 * static_cast<double>(place + 1);
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share *= std::min(1.0, 0.5 / sum);
  const double natural = 1.0 - std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<double> weights(error_count, natural / static_cast<double>(error_count));
  for (const FaultCases& cases : shared.tested) {
    const auto faults = std::ranges::count_if(shared.tested, [&](const FaultCases& other) {
      return other.fault.modality == cases.fault.modality && !other.evidence.empty();
    });
    for (const CaseEvidence& evidence : cases.evidence) {
      probabilities.push_back(model.probabilities(evidence));
      weights.push_back(shares[cases.fault.modality] /
                        (static_cast<double>(faults) * static_cast<double>(cases.evidence.size())));
    }
  }
  const std::vector<double> estimated = estimate_shares(probabilities, weights);
  shares.push_back(natural);
  for (std::size_t place = 0; place < verdicts.size(); ++place) {
    const Group group{.modality = verdicts[place], .name = std::nullopt, .faults = {}};
    rows.add_row(group, "trace.mixture_true", shares[place], std::nullopt, probabilities.size());
    rows.add_row(group, "trace.mixture", estimated[place], std::nullopt, probabilities.size());
  }
}

}  // namespace

void add_benchmark(const TraceShared& shared, const std::vector<std::string>& modality_names, double threshold,
                   const Rng& rng, Attribution& result) {
  const std::vector<CalibrationCase> calibration = calibration_of(shared);
  const CulpritModel model = fit_modalities(modality_names.size(), calibration);
  std::vector<FaultOutcomes> outcomes;
  for (const FaultCases& cases : shared.tested) outcomes.push_back(outcomes_of(cases, model, threshold));
  Rows rows(rng, result);
  Group balanced{.modality = "balanced", .name = std::nullopt, .faults = {}};
  for (const FaultOutcomes& fault : outcomes) {
    if (!fault.outcomes.empty()) balanced.faults.push_back(&fault);
  }
  add_group(balanced, rows);
  for (const FaultOutcomes& fault : outcomes) {
    add_group({.modality = modality_names[fault.cases->fault.modality],
               .name = fault_name(fault.cases->fault.fault),
               .faults = {&fault}},
              rows);
  }
  add_reliability(balanced, rows);
  add_natural_errors(shared, calibration, modality_names, threshold, rows);
}

}  // namespace modattr
