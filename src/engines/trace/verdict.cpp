#include "modattr/engines/trace/verdict.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>

#include "modattr/core/parallel.h"
#include "modattr/engines/trace/culprit_model.h"
#include "modattr/stats/bootstrap.h"
#include "modattr/stats/mixture_shares.h"

namespace modattr {
namespace {

constexpr const char* kUndecided = "undecided";
constexpr const char* kModel = "model";
/// A modality whose replacement makes more than half of the answers right drags a wrong answer down.
constexpr double kHalf = 0.5;

/// A traced example with its verdict.
struct Traced {
  std::uint32_t example = 0;
  const CaseEvidence* evidence = nullptr;
  std::optional<std::size_t> predicted = std::nullopt;
  /// nullptr where nobody asked.
  const RepairPlace* place = nullptr;
  /// Under equal priors, [modalities + 1].
  std::vector<double> probabilities = {};
  /// Place among the modalities; their number = the model; nullopt = undecided.
  std::optional<std::size_t> verdict = std::nullopt;
};

Detail number_detail(std::string name, std::optional<double> value) {
  return value ? Detail{std::move(name), *value} : Detail{std::move(name), std::monostate{}};
}

std::string valuation_word(const CaseEvidence& evidence, const ModalityEvidence& modality) {
  const double right = modality.donor_count == 0
                           ? 0.0
                           : static_cast<double>(modality.right_count) / static_cast<double>(modality.donor_count);
  if (!evidence.is_right) return right > kHalf ? "drags" : "neutral";
  return right < kHalf ? "rescues" : "neutral";
}

Detail evidence_detail(const CaseEvidence& evidence, const std::vector<std::string>& names) {
  Detail::Object modalities;
  for (std::size_t place = 0; place < names.size(); ++place) {
    const ModalityEvidence& own = evidence.modalities[place];
    Detail::Object members;
    members.members = {{"blame", own.blame},
                       {"repair", own.repair},
                       {"repaired", static_cast<std::int64_t>(own.right_count)},
                       {"donors", static_cast<std::int64_t>(own.donor_count)},
                       {"repair_probability", own.repair_probability},
                       {"typicality", own.typicality},
                       number_detail("p_data", own.data.overall),
                       number_detail("p_encoding", own.encoding.overall),
                       number_detail("p_behaviour", own.behaviour.overall),
                       number_detail("p_data_label", own.data.within_label),
                       number_detail("p_encoding_label", own.encoding.within_label),
                       number_detail("p_behaviour_label", own.behaviour.within_label),
                       {"valuation", own.valuation},
                       {"part", valuation_word(evidence, own)}};
    modalities.members.push_back({names[place], std::move(members)});
  }
  return {"evidence", std::move(modalities)};
}

Detail place_detail(const RepairPlace& place, const std::vector<std::string>& names) {
  Detail::List players;
  for (const PlayerScore& player : place.players) {
    players.values.push_back({"", Detail::Object{{{"player", static_cast<std::int64_t>(player.player)},
                                                  {"name", player.label},
                                                  {"value", player.value},
                                                  number_detail("std_error", player.std_error)}}});
  }
  return {"where", Detail::Object{{{"modality", names[place.modality]},
                                   {"players", std::move(players)},
                                   {"value", place.value_full},
                                   {"value_without", place.value_without},
                                   {"evaluations", static_cast<std::int64_t>(place.evaluation_count)}}}};
}

ExampleAttribution attribution_of(const Traced& traced, const std::vector<std::string>& names) {
  const CaseEvidence& evidence = *traced.evidence;
  ExampleAttribution attribution{.example = traced.example,
                                 .value_full = evidence.probability,
                                 .value_empty = evidence.empty_probability,
                                 .modalities = {},
                                 .interactions = {},
                                 .players = {},
                                 .evaluation_count = evidence.evaluation_count,
                                 .method = "trace",
                                 .predicted = traced.predicted};
  for (const ModalityEvidence& own : evidence.modalities) attribution.modalities.push_back(-own.blame);
  Detail::Object probabilities;
  Detail verdict{"verdict", std::monostate{}};
  std::optional<double> confidence;
  if (!evidence.is_right) {
    verdict.value = std::string(kUndecided);
    confidence = std::ranges::max(traced.probabilities);
    for (std::size_t place = 0; place < traced.probabilities.size(); ++place) {
      const std::string& name = place < names.size() ? names[place] : kModel;
      if (traced.verdict == place) verdict.value = name;
      probabilities.members.push_back({name, traced.probabilities[place]});
    }
  }
  attribution.details = {{"right", evidence.is_right},
                         {"probability_of_label", evidence.probability},
                         std::move(verdict),
                         number_detail("confidence", confidence),
                         evidence_detail(evidence, names),
                         {"probability", std::move(probabilities)}};
  if (traced.place != nullptr) attribution.details.push_back(place_detail(*traced.place, names));
  return attribution;
}

class Summary {
 public:
  Summary(const VerdictInput& input, const Rng& rng, std::span<const Traced> wrong, Attribution& result)
      : input_(input), rng_(rng), wrong_(wrong), result_(result) {}

  void add(std::size_t subset_number) {
    const Subset& subset = input_.subsets[subset_number];
    std::vector<char> belongs(input_.examples.size(), 0);
    for (const std::uint32_t example : subset.examples) belongs[example] = 1;
    std::vector<const Traced*> own;
    for (const Traced& traced : wrong_) {
      if (belongs[traced.example] != 0) own.push_back(&traced);
    }
    if (own.empty()) return;
    add_shares(subset, subset_number, own);
    add_evidence(subset, own);
  }

 private:
  std::string name_of(std::size_t place) const {
    return place < input_.modality_names.size() ? input_.modality_names[place] : kModel;
  }

  void add_row(const std::string& name, std::string definition, const Subset& subset, double value,
               std::optional<Interval> interval, std::size_t count) {
    result_.rows.push_back({.modality = name,
                            .definition = std::move(definition),
                            .group = subset.group,
                            .value = value,
                            .std_error = std::nullopt,
                            .ci95 = interval,
                            .examples = count,
                            .p_value = std::nullopt});
  }

  void add_shares(const Subset& subset, std::size_t subset_number, std::span<const Traced* const> own) {
    std::vector<std::vector<double>> probabilities;
    for (const Traced* traced : own) probabilities.push_back(traced->probabilities);
    const std::vector<double> shares = estimate_shares(probabilities);
    std::vector<std::vector<std::optional<double>>> replicates(
        shares.size(), std::vector<std::optional<double>>(own.size() < 2 ? 0 : kBootstrapReplicateCount));
    parallel_for(replicates.front().size(), input_.thread_count, [&](std::size_t replicate) {
      std::vector<std::uint32_t> counts(own.size());
      bootstrap_weights(rng_, static_cast<std::uint32_t>(subset_number), static_cast<std::uint32_t>(replicate), counts);
      const std::vector<double> weights(counts.begin(), counts.end());
      const std::vector<double> resampled = estimate_shares(probabilities, weights);
      for (std::size_t place = 0; place < resampled.size(); ++place) replicates[place][replicate] = resampled[place];
    });
    for (std::size_t place = 0; place < shares.size(); ++place) {
      add_row(name_of(place), "trace.share", subset, shares[place], percentile_interval95(replicates[place]),
              own.size());
    }
    for (std::size_t place = 0; place <= shares.size(); ++place) {
      const bool is_undecided = place == shares.size();
      const auto count = std::ranges::count_if(own, [&](const Traced* traced) {
        return is_undecided ? !traced->verdict.has_value() : traced->verdict == place;
      });
      add_row(is_undecided ? kUndecided : name_of(place), "trace.count", subset, static_cast<double>(count),
              std::nullopt, own.size());
    }
  }

  void add_evidence(const Subset& subset, std::span<const Traced* const> own) {
    const std::pair<const char*, std::function<double(const ModalityEvidence&)>> numbers[] = {
        {"trace.repair", [](const ModalityEvidence& modality) { return modality.repair; }},
        {"trace.blame", [](const ModalityEvidence& modality) { return modality.blame; }},
        {"trace.typicality", [](const ModalityEvidence& modality) { return std::log(modality.typicality); }},
        {"trace.valuation", [](const ModalityEvidence& modality) { return modality.valuation; }}};
    for (const auto& [definition, number] : numbers) {
      for (std::size_t place = 0; place < input_.modality_names.size(); ++place) {
        double sum = 0.0;
        for (const Traced* traced : own) sum += number(traced->evidence->modalities[place]);
        add_row(input_.modality_names[place], definition, subset, sum / static_cast<double>(own.size()), std::nullopt,
                own.size());
      }
    }
  }

  const VerdictInput& input_;
  const Rng& rng_;
  /// In the order of their ranks.
  std::span<const Traced> wrong_;
  Attribution& result_;
};

}  // namespace

void add_verdicts(const VerdictInput& input, const Rng& rng, Attribution& result) {
  std::vector<Traced> wrong;
  std::vector<Traced> right;
  for (std::uint32_t example = 0; example < input.examples.size(); ++example) {
    const TraceExample& each = input.examples[example];
    if (!each.evidence) continue;
    (each.is_right ? right : wrong)
        .push_back({.example = example,
                    .evidence = &*each.evidence,
                    .predicted = each.predicted,
                    .place = each.place ? &*each.place : nullptr});
  }
  // Sums in the order of the ids, whatever the order of the set.
  std::ranges::sort(wrong, {}, [&](const Traced& traced) { return input.examples[traced.example].rank; });
  const std::vector<CalibrationCase> calibration = calibration_of(input.shared);
  std::vector<CaseEvidence> errors;
  for (const Traced& traced : wrong) errors.push_back(*traced.evidence);
  const CulpritModel model = fit_culprits(input.modality_names.size(), calibration, errors);
  for (Traced& traced : wrong) {
    traced.probabilities = model.probabilities(*traced.evidence);
    const auto best = std::ranges::max_element(traced.probabilities);
    if (*best >= input.threshold) traced.verdict = static_cast<std::size_t>(best - traced.probabilities.begin());
  }

  if (wrong.empty()) result.warnings.emplace_back("every answer is right: there is no error to trace");
  Summary summary(input, rng, wrong, result);
  for (std::size_t subset = 0; subset < input.subsets.size(); ++subset) summary.add(subset);

  std::vector<Traced> all = std::move(wrong);
  all.insert(all.end(), right.begin(), right.end());
  std::ranges::sort(all, {}, &Traced::example);
  for (const Traced& traced : all) {
    const bool is_asked = input.asked.empty() || std::ranges::find(input.asked, traced.example) != input.asked.end();
    if (is_asked) result.examples.push_back(attribution_of(traced, input.modality_names));
  }
}

}  // namespace modattr
