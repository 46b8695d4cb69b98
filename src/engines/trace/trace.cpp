#include "modattr/engines/trace/trace.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <numeric>
#include <set>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/example_games.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/clean_score.h"
#include "modattr/engines/open_examples.h"
#include "modattr/engines/subsets.h"
#include "modattr/engines/trace/culprit_model.h"
#include "modattr/engines/trace/evidence.h"
#include "modattr/engines/trace/fault_benchmark.h"
#include "modattr/engines/trace/reference_set.h"
#include "modattr/engines/trace/trace_evaluation.h"
#include "modattr/engines/trace/verdict.h"

namespace modattr {
namespace {

constexpr std::size_t kMostModalities = 12;
/// Fewer cases of a fault say little of it.
constexpr std::size_t kFewestCases = 10;
constexpr InjectionLimits kCalibrationLimits{.case_count = 100, .most_tries = 3000};
constexpr InjectionLimits kTestLimits{.case_count = 150, .most_tries = 3000};

std::string text_of(const std::vector<ModalityFault>& faults) {
  std::string text;
  for (const ModalityFault& fault : faults) {
    text += (text.empty() ? "" : ",") + std::to_string(fault.modality) + ":" + fault_name(fault.fault);
  }
  return text;
}

std::vector<std::string> names_of(const Players& players) {
  std::vector<std::string> names;
  for (const Players::Modality& modality : players.modalities()) names.push_back(modality.name);
  return names;
}

/// A swap, and the fault that stands for damage of any kind.
std::vector<ModalityFault> usual_calibration(const CaseGame& game) {
  std::vector<ModalityFault> faults;
  for (std::size_t modality = 0; modality < game.modality_count(); ++modality) {
    const std::span<const FaultKind> kinds = fault_kinds(game.kind(modality));
    for (const FaultKind& kind : kinds.first(std::min<std::size_t>(kinds.size(), 2))) {
      faults.push_back({modality, {std::string(kind.name)}});
    }
  }
  return faults;
}

/// Evaluates a trace; what it could not do becomes a gap.
class Evaluation {
 public:
  Evaluation(const TraceOptions& options, const Problem& problem, CaseGame& game, const Rng& rng)
      : options_(options),
        problem_(problem),
        modality_names_(names_of(problem.players())),
        game_(game),
        rng_(rng),
        reference_(game, rng, options.donor_count,
                   options.tested.empty() ? ReferencePart::kAll : ReferencePart::kFirstHalf) {
    if (reference_.right().empty()) {
      throw ConfigError("trace: expected some right answers, whose data show what is normal, got none of " +
                        std::to_string(game.example_count()) + "; check model.kind, data.label and " +
                        option("wrong_if"));
    }
    // At most; entries are different data.
    game.progress().begin("describe", game.modality_count() *
                                          std::min(reference_.right().size(), NormalData::kMostTexts) *
                                          std::min(reference_.donors().size(), NormalData::kBehaviourDonors));
    collector_.emplace(game, reference_, rng);
    game.progress().finish();
    shared_.right_count = reference_.right().size();
    shared_.rule = game.judge().rule();
    if (!collector_->typicality_gap().empty()) shared_.gaps.push_back(collector_->typicality_gap());
  }

  TraceShared& shared() noexcept { return shared_; }

  void calibrate() {
    const bool is_usual = options_.calibration.empty();
    std::string rare;
    for (const ModalityFault& fault : is_usual ? usual_calibration(game_) : options_.calibration) {
      if (!can_have(fault)) continue;
      FaultCases cases = cases_of(fault, reference_.right(), kCalibrationLimits);
      const std::string& name = modality_names_[fault.modality];
      const std::size_t count = cases.evidence.size();
      if (count < kFewestCases) {
        rare += (rare.empty() ? "" : ", ") + fault_name(fault.fault) + " of " + name + " (" + std::to_string(count) +
                " of " + std::to_string(cases.try_count) + ")";
        continue;
      }
      shared_.calibration.push_back(std::move(cases));
    }
    if (rare.empty()) return;
    const bool any = !shared_.calibration.empty();
    shared_.gaps.push_back("faults that make fewer than " + std::to_string(kFewestCases) +
                           " right answers wrong do not calibrate: " + rare +
                           (any ? "" : "; the weights are the usual ones"));
  }

  void test() {
    for (const ModalityFault& fault : options_.tested) {
      if (!can_have(fault)) continue;
      shared_.tested.push_back(cases_of(fault, reference_.tested(), kTestLimits));
    }
    shared_.own_errors = evidence_of(reference_.wrong());
    shared_.tested_errors = evidence_of(reference_.tested_wrong());
  }

  std::vector<TraceExample> examples() {
    std::vector<TraceExample> examples(game_.example_count());
    for (std::size_t example = 0; example < examples.size(); ++example) {
      const ExampleOutcome& outcome = reference_.outcomes()[example];
      examples[example].is_right = outcome.is_right;
      examples[example].predicted = outcome.predicted;
    }
    std::uint64_t rank = 0;
    std::vector<std::uint32_t> traced;
    const std::set<std::uint32_t> asked(options_.asked.begin(), options_.asked.end());
    for (const std::vector<std::uint32_t>* list :
         {&reference_.wrong(), &reference_.right(), &reference_.tested_wrong(), &reference_.tested()}) {
      for (const std::uint32_t example : *list) {
        examples[example].rank = rank++;
        const bool is_traced = !examples[example].is_right || options_.answers == TracedAnswers::kAll;
        if (!problem_.is_evaluated(example)) continue;
        if (options_.tested.empty() && (is_traced || asked.contains(example))) traced.push_back(example);
      }
    }
    std::vector<CaseEvidence> evidence = evidence_of(traced);
    for (std::size_t place = 0; place < traced.size(); ++place) {
      examples[traced[place]].evidence = std::move(evidence[place]);
    }
    return examples;
  }

  /// Of the answers that were asked for by id, the features of the most suspicious modality.
  void find_places(ExampleGames& features, std::vector<TraceExample>& examples) {
    const CulpritModel model = fit_modalities(game_.modality_count(), calibration_of(shared_));
    game_.progress().begin("locate", 0);
    for (const std::uint32_t asked : options_.asked) {
      TraceExample& example = examples[asked];
      if (example.is_right || !example.evidence) continue;
      const std::vector<double> suspicion = model.modality_probabilities(*example.evidence);
      const auto modality = static_cast<std::size_t>(std::ranges::max_element(suspicion) - suspicion.begin());
      example.place = find_repair_place(features, asked, modality, options_.budget, rng_);
    }
    game_.progress().finish();
  }

 private:
  /// Whether the modality's data can be damaged so; where it cannot, that is a gap.
  bool can_have(const ModalityFault& fault) {
    const std::string reason = game_.why_not(fault.modality, fault.fault);
    if (reason.empty()) return true;
    shared_.gaps.push_back("modality '" + modality_names_[fault.modality] + "' has no fault " +
                           fault_name(fault.fault) + ": " + reason);
    return false;
  }

  FaultCases cases_of(const ModalityFault& fault, std::span<const std::uint32_t> pool, const InjectionLimits& limits) {
    const ShapleyValues shapley = ShapleyValues::kWanted;
    game_.progress().begin("inject " + fault_name(fault.fault),
                           limits.most_tries + collector_->query_count(limits.case_count, shapley));
    const InjectedCases found = inject_fault(game_, reference_, *collector_, pool, fault, limits, rng_);
    FaultCases cases{.fault = fault, .try_count = found.try_count, .evidence = {}};
    cases.evidence = collector_->collect(found.cases, shapley);
    game_.progress().finish();
    return cases;
  }

  std::vector<CaseEvidence> evidence_of(std::span<const std::uint32_t> examples) {
    std::vector<TracedCase> cases;
    for (const std::uint32_t example : examples) cases.push_back({.example = example});
    game_.progress().begin("trace", collector_->query_count(cases.size(), ShapleyValues::kWanted));
    std::vector<CaseEvidence> evidence = collector_->collect(cases, ShapleyValues::kWanted);
    game_.progress().finish();
    return evidence;
  }

  const TraceOptions& options_;
  const Problem& problem_;
  std::vector<std::string> modality_names_;
  CaseGame& game_;
  const Rng& rng_;
  ReferenceSet reference_;
  std::optional<EvidenceCollector> collector_;
  TraceShared shared_;
};

}  // namespace

EvaluationHeader Trace::header(const Problem& problem, const Rng& rng) const {
  EvaluationHeader header{.engine = std::string(name())};
  header.add_count("seed", rng.seed());
  header.add_count("modalities", problem.players().count());
  header.add_count("donors", options_.donor_count);
  header.add_text("calibration", text_of(options_.calibration));
  header.add_text("tested", text_of(options_.tested));
  header.add_text("answers", options_.answers == TracedAnswers::kAll ? "all" : "wrong");
  return header;
}

EvaluatedExamples Trace::evaluate(Problem& problem, const Rng& rng) const {
  const std::size_t modality_count = problem.players().count();
  if (modality_count < 2 || modality_count > kMostModalities) {
    throw ConfigError("trace: expected 2 to " + std::to_string(kMostModalities) + " modalities, got " +
                      std::to_string(modality_count));
  }
  for (const std::string& name : names_of(problem.players())) {
    if (name != "model" && name != "undecided") continue;
    throw ConfigError("trace: expected modalities of other names than verdicts have, got '" + name + "'; rename it");
  }
  const std::unique_ptr<CaseGame> game = problem.case_game();
  Evaluation evaluation(options_, problem, *game, rng);
  evaluation.calibrate();
  if (!options_.tested.empty()) evaluation.test();
  std::vector<ByteWriter> writers(problem.example_count());
  std::vector<TraceExample> examples = evaluation.examples();
  if (!options_.asked.empty()) evaluation.find_places(*problem.player_games(), examples);
  for (std::size_t example = 0; example < examples.size(); ++example) put_example(writers[example], examples[example]);
  EvaluationHeader header = this->header(problem, rng);
  header.shared = to_bytes(evaluation.shared());
  return with_clean_outcomes(problem, std::move(header), std::move(writers));
}

Attribution Trace::summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const {
  EvaluationHeader expected = header(problem, rng);
  expected.shared = evaluated.header().shared;
  std::vector<ByteReader> readers = open_examples(evaluated, expected, problem);
  const TraceShared shared = parse_trace_shared(evaluated.header().shared);
  std::vector<TraceExample> examples;
  for (ByteReader& reader : readers) examples.push_back(take_example(reader));
  const CleanOutcomes outcomes = CleanOutcomes::take(problem, {}, readers);
  const std::vector<Subset> subsets = subsets_of(problem, options_.breakdown);
  Attribution result;
  add_scores(outcomes, problem, {.modalities = {}, .subsets = subsets}, rng, result);
  for (const std::string& gap : shared.gaps) result.warnings.push_back(gap);
  const std::vector<std::string> modality_names = names_of(problem.players());
  if (!options_.tested.empty()) {
    add_benchmark(shared, modality_names, options_.threshold, rng, result);
    return result;
  }
  add_verdicts({.shared = shared,
                .examples = examples,
                .subsets = subsets,
                .modality_names = modality_names,
                .threshold = options_.threshold,
                .asked = options_.asked,
                .thread_count = problem.thread_count()},
               rng, result);
  return result;
}

}  // namespace modattr
