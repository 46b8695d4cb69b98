#include "modattr/engines/trace/evidence.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "modattr/core/parallel.h"
#include "modattr/engines/shapley/estimators/shapley_weight.h"

namespace modattr {
namespace {

/// With so many modalities every coalition is asked, and Shapley values are exact for each donor.
constexpr std::size_t kMostEnumeratedModalities = 3;
/// Fewer right answers say nothing of what is normal.
constexpr std::size_t kFewestRightAnswers = 30;
/// Cases that are evaluated together.
constexpr std::size_t kCasesPerBlock = 128;
constexpr std::size_t kCasesComparedAtATime = 8;
/// Logarithms end here, as a probability of 0 would make one count for everything.
constexpr double kLeastProbability = 1e-12;

}  // namespace

struct EvidenceCollector::MixAnswer {
  bool is_right = false;
  double probability = 0.0;
  /// Of the class that the case's own answer is.
  double predicted = 0.0;
  double log_probability = 0.0;
  double margin = 0.0;
};

struct EvidenceCollector::MixPlan {
  /// Of each donor, ascending. [donors]
  std::vector<std::vector<std::uint32_t>> coalitions;
  /// For each donor and coalition, the first donor that is asked it and has the same data in the other modalities: its
  /// mixes are the same. [donors][coalitions]
  std::vector<std::vector<std::size_t>> first_alike;
  /// Places of the donors' answers among those of a case; last, how many a case has. [donors + 1]
  std::vector<std::size_t> first_answer;

  std::size_t answer_count() const noexcept { return first_answer.back(); }
  std::size_t place_of(std::size_t donor, std::uint32_t coalition) const {
    const auto found = std::ranges::lower_bound(coalitions[donor], coalition);
    return first_answer[donor] + static_cast<std::size_t>(found - coalitions[donor].begin());
  }
};

struct EvidenceCollector::Block {
  std::span<const TracedCase> cases;
  /// [cases]
  std::vector<std::uint32_t> examples;
  /// [modalities][cases]
  std::vector<std::vector<std::uint32_t>> rows;
  std::vector<MixAnswer> own;
  /// The class that each case's own answer is; nullopt without classes. [cases]
  std::vector<std::optional<std::size_t>> predicted;
  MixPlan plan;
  /// [cases][answers of the plan]
  std::vector<MixAnswer> with_donors;
  /// [modalities]: answers of each case with the first donors in all other modalities, [cases, donors * width].
  std::vector<FloatRows> behaviours;
  /// Examples that share a source with each case, [cases].
  std::vector<std::vector<std::uint32_t>> left_out;

  std::size_t answer_place(std::size_t place, std::size_t donor, std::uint32_t coalition) const {
    return place * plan.answer_count() + plan.place_of(donor, coalition);
  }
  const MixAnswer& with_donor(std::size_t place, std::size_t donor, std::uint32_t coalition) const {
    return with_donors[answer_place(place, donor, coalition)];
  }
};

EvidenceCollector::EvidenceCollector(CaseGame& game, const ReferenceSet& reference, const Rng& rng)
    : game_(game),
      reference_(reference),
      rng_(rng),
      donors_(reference.donors().begin(), reference.donors().end()),
      behaviour_donor_count_(
          game.judge().behaviour_width() == 0 ? 0 : std::min(donors_.size(), NormalData::kBehaviourDonors)) {
  if (reference.right().size() < kFewestRightAnswers) {
    typicality_gap_ = "of " + std::to_string(reference.right().size()) + " right answers, fewer than " +
                      std::to_string(kFewestRightAnswers) + ", it cannot be told what is typical";
    return;
  }
  for (std::size_t modality = 0; modality < game.modality_count(); ++modality) {
    normal_.emplace_back(game, reference, modality, std::span(donors_).first(behaviour_donor_count_));
  }
}

std::vector<std::size_t> EvidenceCollector::permutation_of(std::size_t donor) const {
  // Of two donors one after the other, the second has the reverse of the first one's.
  std::vector<std::size_t> order(game_.modality_count());
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomStream stream = rng_.stream(RandomPurpose::kCoalition, static_cast<std::uint32_t>(donor / 2), 0);
  for (std::size_t place = order.size(); place > 1; --place) {
    std::swap(order[place - 1], order[stream.below(static_cast<std::uint32_t>(place))]);
  }
  if (donor % 2 == 1) std::ranges::reverse(order);
  return order;
}

std::vector<std::uint32_t> EvidenceCollector::coalitions_of(std::size_t donor, ShapleyValues shapley) const {
  const std::size_t modality_count = game_.modality_count();
  const std::uint32_t full = (1U << modality_count) - 1;
  std::set<std::uint32_t> coalitions = {0U};
  if (modality_count <= kMostEnumeratedModalities) {
    for (std::uint32_t coalition = 1; coalition < full; ++coalition) coalitions.insert(coalition);
    return {coalitions.begin(), coalitions.end()};
  }
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    coalitions.insert(full & ~(1U << modality));
    if (donor < behaviour_donor_count_) coalitions.insert(1U << modality);
  }
  std::uint32_t prefix = 0;
  for (const std::size_t modality : permutation_of(donor)) {
    prefix |= 1U << modality;
    if (shapley == ShapleyValues::kWanted && prefix != full) coalitions.insert(prefix);
  }
  return {coalitions.begin(), coalitions.end()};
}

EvidenceCollector::MixPlan EvidenceCollector::plan_mixes(ShapleyValues shapley) const {
  MixPlan plan;
  plan.first_answer.push_back(0);
  // By the coalition and the contents of the modalities that it leaves out.
  std::map<std::vector<std::uint32_t>, std::size_t> known;
  for (std::size_t donor = 0; donor < donors_.size(); ++donor) {
    plan.coalitions.push_back(coalitions_of(donor, shapley));
    plan.first_answer.push_back(plan.first_answer.back() + plan.coalitions.back().size());
    std::vector<std::size_t>& alike = plan.first_alike.emplace_back();
    for (const std::uint32_t coalition : plan.coalitions.back()) {
      std::vector<std::uint32_t> key = {coalition};
      for (std::size_t modality = 0; modality < game_.modality_count(); ++modality) {
        if ((coalition >> modality & 1U) == 0) key.push_back(game_.content(modality, donors_[donor]));
      }
      alike.push_back(known.try_emplace(std::move(key), donor).first->second);
    }
  }
  return plan;
}

std::vector<std::vector<std::uint32_t>> EvidenceCollector::add_rows(std::span<const TracedCase> cases) {
  std::vector<std::vector<std::uint32_t>> rows(game_.modality_count());
  for (const TracedCase& each : cases) {
    for (std::size_t modality = 0; modality < rows.size(); ++modality) {
      std::uint32_t row = each.example;
      if (each.injected && each.injected->modality == modality) {
        const InjectedFault& injected = *each.injected;
        row = injected.fault.kind == kSwap
                  ? injected.partner
                  : game_.add_faulty_row(modality, each.example, injected.fault, injected.stream);
      }
      rows[modality].push_back(row);
    }
  }
  return rows;
}

std::vector<char> EvidenceCollector::are_right(std::span<const TracedCase> cases) {
  std::vector<std::uint32_t> examples;
  for (const TracedCase& each : cases) examples.push_back(each.example);
  const std::vector<std::vector<std::uint32_t>> rows = add_rows(cases);
  std::vector<char> right(cases.size(), 0);
  const std::vector<std::span<const std::uint32_t>> row_spans(rows.begin(), rows.end());
  game_.answer({.examples = examples, .rows = row_spans}, [&](std::size_t query, std::span<const double> output) {
    right[query] = game_.judge().is_right(output, examples[query]) ? 1 : 0;
  });
  game_.clear_faulty_rows();
  return right;
}

std::vector<CaseEvidence> EvidenceCollector::collect(std::span<const TracedCase> cases, ShapleyValues shapley) {
  std::vector<CaseEvidence> evidence(cases.size());
  for (std::size_t first = 0; first < cases.size(); first += kCasesPerBlock) {
    const std::size_t count = std::min(kCasesPerBlock, cases.size() - first);
    collect_block(cases.subspan(first, count), shapley, std::span(evidence).subspan(first, count));
  }
  return evidence;
}

void EvidenceCollector::collect_block(std::span<const TracedCase> cases, ShapleyValues shapley,
                                      std::span<CaseEvidence> evidence) {
  Block block;
  block.cases = cases;
  block.rows = add_rows(cases);
  for (const TracedCase& each : cases) {
    block.examples.push_back(each.example);
    std::vector<std::uint32_t> sources = {each.example};
    if (each.injected && each.injected->fault.kind == kSwap) sources.push_back(each.injected->partner);
    block.left_out.push_back(reference_.with_sources_of(sources));
  }
  ask_cases(block);
  ask_mixes(block, shapley);
  for (std::size_t place = 0; place < cases.size(); ++place) {
    evidence[place].is_right = block.own[place].is_right;
    evidence[place].probability = block.own[place].probability;
    evidence[place].evaluation_count = 1 + block.plan.answer_count();
    evidence[place].modalities.resize(game_.modality_count());
    add_repair(block, place, evidence[place]);
    if (shapley == ShapleyValues::kWanted) add_shapley(block, place, evidence[place]);
  }
  if (typicality_gap_.empty()) add_typicality(block, evidence);
  game_.clear_faulty_rows();
}

EvidenceCollector::MixAnswer EvidenceCollector::read(const Block& block, std::size_t place,
                                                     std::span<const double> output) const {
  const AnswerReading reading = game_.judge().read(output, block.examples[place], block.predicted[place]);
  return {.is_right = reading.is_right,
          .probability = reading.probability,
          .predicted = reading.class_probability,
          .log_probability = std::log(std::max(reading.probability, kLeastProbability)),
          .margin = reading.margin};
}

void EvidenceCollector::ask_cases(Block& block) {
  const std::vector<std::span<const std::uint32_t>> rows(block.rows.begin(), block.rows.end());
  block.own.resize(block.cases.size());
  block.predicted.resize(block.cases.size());
  game_.answer({.examples = block.examples, .rows = rows}, [&](std::size_t place, std::span<const double> output) {
    block.predicted[place] = game_.judge().predicted(output);
    block.own[place] = read(block, place, output);
  });
}

void EvidenceCollector::ask_mixes(Block& block, ShapleyValues shapley) {
  struct Query {
    std::size_t place = 0;
    std::size_t donor = 0;
    std::uint32_t coalition = 0;
  };
  const std::size_t modality_count = game_.modality_count();
  block.plan = plan_mixes(shapley);
  const MixPlan& plan = block.plan;
  block.with_donors.resize(block.cases.size() * plan.answer_count());
  std::vector<Query> queries;
  std::vector<std::uint32_t> examples;
  std::vector<std::vector<std::uint32_t>> rows(modality_count);
  for (std::size_t place = 0; place < block.cases.size(); ++place) {
    for (std::size_t donor = 0; donor < donors_.size(); ++donor) {
      for (std::size_t slot = 0; slot < plan.coalitions[donor].size(); ++slot) {
        if (plan.first_alike[donor][slot] != donor) continue;
        const std::uint32_t coalition = plan.coalitions[donor][slot];
        queries.push_back({place, donor, coalition});
        examples.push_back(block.examples[place]);
        for (std::size_t modality = 0; modality < modality_count; ++modality) {
          const bool keeps = (coalition >> modality & 1U) != 0;
          rows[modality].push_back(keeps ? block.rows[modality][place] : donors_[donor]);
        }
      }
    }
  }
  const std::size_t width = game_.judge().behaviour_width();
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    block.behaviours.push_back({.width = behaviour_donor_count_ * width, .values = {}});
    block.behaviours.back().values.resize(block.cases.size() * block.behaviours.back().width);
  }
  const std::vector<std::span<const std::uint32_t>> row_spans(rows.begin(), rows.end());
  game_.answer({.examples = examples, .rows = row_spans}, [&](std::size_t index, std::span<const double> output) {
    const auto [place, donor, coalition] = queries[index];
    block.with_donors[block.answer_place(place, donor, coalition)] = read(block, place, output);
    if (!std::has_single_bit(coalition) || donor >= behaviour_donor_count_) return;
    FloatRows& shown = block.behaviours[static_cast<std::size_t>(std::countr_zero(coalition))];
    game_.judge().behaviour(output, std::span(shown.values).subspan(place * shown.width + donor * width, width));
  });
  for (std::size_t place = 0; place < block.cases.size(); ++place) {
    for (std::size_t donor = 0; donor < donors_.size(); ++donor) {
      for (std::size_t slot = 0; slot < plan.coalitions[donor].size(); ++slot) {
        const std::size_t first = plan.first_alike[donor][slot];
        if (first == donor) continue;
        const std::uint32_t coalition = plan.coalitions[donor][slot];
        block.with_donors[block.answer_place(place, donor, coalition)] = block.with_donor(place, first, coalition);
        if (!std::has_single_bit(coalition) || donor >= behaviour_donor_count_) continue;
        FloatRows& shown = block.behaviours[static_cast<std::size_t>(std::countr_zero(coalition))];
        const auto numbers = std::span(shown.values).subspan(place * shown.width);
        std::ranges::copy(numbers.subspan(first * width, width), numbers.subspan(donor * width).begin());
      }
    }
  }
}

std::size_t EvidenceCollector::query_count(std::size_t case_count, ShapleyValues shapley) const {
  const MixPlan plan = plan_mixes(shapley);
  std::size_t count = 1;
  for (std::size_t donor = 0; donor < donors_.size(); ++donor) {
    count += static_cast<std::size_t>(std::ranges::count(plan.first_alike[donor], donor));
  }
  return case_count * count;
}

void EvidenceCollector::add_repair(const Block& block, std::size_t place, CaseEvidence& evidence) const {
  const std::uint32_t full = (1U << game_.modality_count()) - 1;
  std::vector<char> counts(donors_.size(), 1);
  const std::vector<std::uint32_t>& left_out = block.left_out[place];
  for (std::size_t donor = 0; donor < donors_.size(); ++donor) {
    counts[donor] = std::ranges::find(left_out, donors_[donor]) == left_out.end() ? 1 : 0;
  }
  std::uint32_t donor_count = 0;
  for (std::size_t donor = 0; donor < donors_.size(); ++donor) {
    if (counts[donor] == 0) continue;
    ++donor_count;
    const MixAnswer& empty = block.with_donor(place, donor, 0);
    evidence.empty_right += empty.is_right ? 1.0 : 0.0;
    evidence.empty_probability += empty.probability;
  }
  const double divisor = std::max(1.0, static_cast<double>(donor_count));
  evidence.empty_right /= divisor;
  evidence.empty_probability /= divisor;
  for (std::size_t modality = 0; modality < evidence.modalities.size(); ++modality) {
    ModalityEvidence& own = evidence.modalities[modality];
    own.donor_count = donor_count;
    for (std::size_t donor = 0; donor < donors_.size(); ++donor) {
      if (counts[donor] == 0) continue;
      const MixAnswer& answer = block.with_donor(place, donor, full & ~(1U << modality));
      own.right_count += answer.is_right ? 1 : 0;
      own.repair_probability += answer.probability / divisor;
    }
    own.repair = (evidence.empty_right + own.right_count) / (1.0 + donor_count);
  }
}

void EvidenceCollector::add_shapley(const Block& block, std::size_t place, CaseEvidence& evidence) const {
  const std::size_t modality_count = game_.modality_count();
  const std::uint32_t full = (1U << modality_count) - 1;
  constexpr std::array kAnswerNumbers = {&MixAnswer::probability, &MixAnswer::predicted, &MixAnswer::log_probability,
                                         &MixAnswer::margin};
  // Shapley values of every number, as a mean over donors: of each donor's game exactly, or along its permutation.
  std::vector<std::array<double, kAnswerNumbers.size()>> values(modality_count);
  std::vector<double> valuations(modality_count);
  const auto add = [&](std::size_t modality, const MixAnswer& without, const MixAnswer& with, double weight) {
    for (std::size_t number = 0; number < kAnswerNumbers.size(); ++number) {
      values[modality][number] += weight * (with.*kAnswerNumbers[number] - without.*kAnswerNumbers[number]);
    }
    valuations[modality] += weight * ((with.is_right ? 1.0 : 0.0) - (without.is_right ? 1.0 : 0.0));
  };
  const double weight = 1.0 / static_cast<double>(std::max<std::size_t>(donors_.size(), 1));
  for (std::size_t donor = 0; donor < donors_.size(); ++donor) {
    const auto of = [&](std::uint32_t coalition) -> const MixAnswer& {
      return coalition == full ? block.own[place] : block.with_donor(place, donor, coalition);
    };
    if (modality_count > kMostEnumeratedModalities) {
      std::uint32_t prefix = 0;
      for (const std::size_t modality : permutation_of(donor)) {
        add(modality, of(prefix), of(prefix | 1U << modality), weight);
        prefix |= 1U << modality;
      }
      continue;
    }
    for (std::size_t modality = 0; modality < modality_count; ++modality) {
      for (std::uint32_t coalition = 0; coalition < full; ++coalition) {
        if ((coalition >> modality & 1U) != 0) continue;
        const auto size = static_cast<std::size_t>(std::popcount(coalition));
        add(modality, of(coalition), of(coalition | 1U << modality), weight * shapley_weight(size, modality_count));
      }
    }
  }
  const bool has_classes = block.predicted[place].has_value();
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    evidence.modalities[modality].blame = -values[modality][0];
    evidence.modalities[modality].valuation = valuations[modality];
    if (has_classes) evidence.rules.predicted.push_back(values[modality][1]);
    evidence.rules.log_probability.push_back(values[modality][2]);
    if (has_classes) evidence.rules.margin.push_back(values[modality][3]);
  }
}

void EvidenceCollector::add_typicality(const Block& block, std::span<CaseEvidence> evidence) {
  for (std::size_t modality = 0; modality < normal_.size(); ++modality) {
    const NormalData::Seen seen = normal_[modality].look_at(block.rows[modality]);
    const FloatRows& behaviours = block.behaviours[modality];
    const std::size_t count = block.cases.size();
    parallel_for(
        (count + kCasesComparedAtATime - 1) / kCasesComparedAtATime, game_.thread_count(), [&](std::size_t part) {
          std::vector<NormalData::Row> rows;
          std::vector<ModalityEvidence*> own;
          const std::size_t first = part * kCasesComparedAtATime;
          for (std::size_t place = first; place < std::min(first + kCasesComparedAtATime, count); ++place) {
            rows.push_back({.seen = seen,
                            .place = place,
                            .behaviour = behaviours.width == 0 ? std::span<const float>() : behaviours.row(place),
                            .left_out = block.left_out[place],
                            .label = game_.judge().label_group(block.examples[place])});
            own.push_back(&evidence[place].modalities[modality]);
          }
          normal_[modality].compare(rows, own);
        });
  }
}

}  // namespace modattr
