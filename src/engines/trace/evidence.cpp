#include "modattr/engines/trace/evidence.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "modattr/core/parallel.h"

namespace modattr {
namespace {

/// Different data of a modality that stand for what is normal; of texts, examples.
constexpr std::size_t kMostEntries = 500;
constexpr std::size_t kMostTexts = 1000;
/// Donors whose mixes show the behaviour of data.
constexpr std::size_t kBehaviourDonors = 32;
/// With so many modalities every coalition is asked, and Shapley values are exact for each donor.
constexpr std::size_t kMostEnumeratedModalities = 3;
/// Fewer right answers say nothing of what is normal.
constexpr std::size_t kFewestRightAnswers = 30;
/// Cases that are evaluated together.
constexpr std::size_t kCasesPerBlock = 128;
/// Logarithms end here, as a probability of 0 would make one count for everything.
constexpr double kLeastProbability = 1e-12;

double shapley_weight(std::size_t size, std::size_t count) {
  // size! (count - size - 1)! / count!
  double weight = 1.0 / static_cast<double>(count);
  for (std::size_t place = 1; place <= size; ++place) {
    weight *= static_cast<double>(place) / static_cast<double>(count - place);
  }
  return weight;
}

/// 1/2 + 1/2 mean of Bayes factors; half of the prior stays with faults that look normal. 1 where nothing is known.
double typicality_factor(std::span<const std::optional<double>> p_values) {
  double sum = 0.0;
  std::size_t count = 0;
  for (const std::optional<double>& p_value : p_values) {
    if (!p_value) continue;
    sum += bayes_factor(*p_value);
    ++count;
  }
  return count == 0 ? 1.0 : 0.5 + 0.5 * sum / static_cast<double>(count);
}

}  // namespace

struct EvidenceCollector::MixAnswer {
  bool is_right = false;
  double probability = 0.0;
  /// Of the class that the case's own answer is.
  double predicted = 0.0;
  double log_probability = 0.0;
  double margin = 0.0;
};

struct EvidenceCollector::DonorAnswers {
  /// Coalitions, ascending, and the answers to them.
  std::vector<std::uint32_t> coalitions;
  std::vector<MixAnswer> answers;

  const MixAnswer& of(std::uint32_t coalition) const {
    const auto found = std::ranges::lower_bound(coalitions, coalition);
    return answers[static_cast<std::size_t>(found - coalitions.begin())];
  }
};

struct EvidenceCollector::Block {
  std::span<const TracedCase> cases;
  /// [modalities][cases]
  std::vector<std::vector<std::uint32_t>> rows;
  std::vector<MixAnswer> own;
  /// [cases]; empty without classes.
  std::vector<std::size_t> predicted;
  /// [cases][donors]
  std::vector<std::vector<DonorAnswers>> with_donor;
  /// [modalities]: answers of each case with the first donors in all other modalities, [cases, donors * width].
  std::vector<FloatRows> behaviours;
  /// Examples that share a source with each case, [cases].
  std::vector<std::vector<std::uint32_t>> left_out;
};

EvidenceCollector::EvidenceCollector(CaseGame& game, const ReferenceSet& reference, const Rng& rng)
    : game_(game),
      reference_(reference),
      rng_(rng),
      donors_(reference.donors().begin(), reference.donors().end()),
      behaviour_donor_count_(game.judge().behaviour_width() == 0 ? 0 : std::min(donors_.size(), kBehaviourDonors)),
      normal_(game.modality_count()) {
  if (reference.right().size() < kFewestRightAnswers) {
    typicality_gap_ = "of " + std::to_string(reference.right().size()) + " right answers, fewer than " +
                      std::to_string(kFewestRightAnswers) + ", it cannot be told what is typical";
    return;
  }
  for (std::size_t modality = 0; modality < normal_.size(); ++modality) describe_modality(modality);
}

std::vector<std::vector<std::uint32_t>> EvidenceCollector::labels_of_entries(
    std::size_t modality, std::span<const std::uint32_t> entries) const {
  std::vector<std::vector<std::uint32_t>> labels(entries.size());
  const auto add = [&](std::size_t entry, std::uint32_t example) {
    if (const auto label = game_.judge().label_group(example)) labels[entry].push_back(*label);
  };
  if (game_.kind(modality) == "tokens") {
    for (std::size_t entry = 0; entry < entries.size(); ++entry) add(entry, entries[entry]);
    return labels;
  }
  // Every right answer to the same data.
  std::vector<std::optional<std::size_t>> entry_of(game_.content_count(modality));
  for (std::size_t entry = 0; entry < entries.size(); ++entry) {
    entry_of[game_.content(modality, entries[entry])] = entry;
  }
  for (const std::uint32_t example : reference_.right()) {
    if (const auto& entry = entry_of[game_.content(modality, example)]) add(*entry, example);
  }
  return labels;
}

FloatRows EvidenceCollector::behaviours_of_entries(std::size_t modality, std::span<const std::uint32_t> entries) {
  const std::size_t width = game_.judge().behaviour_width();
  FloatRows behaviours{.width = behaviour_donor_count_ * width, .values = {}};
  behaviours.values.resize(entries.size() * behaviours.width);
  std::vector<std::uint32_t> examples;
  std::vector<std::uint32_t> own;
  for (const std::uint32_t entry : entries) {
    for (std::size_t donor = 0; donor < behaviour_donor_count_; ++donor) {
      examples.push_back(donors_[donor]);
      own.push_back(entry);
    }
  }
  std::vector<std::span<const std::uint32_t>> rows(game_.modality_count(), examples);
  rows[modality] = own;
  game_.answer({.examples = examples, .rows = rows}, [&](std::size_t query, std::span<const double> output) {
    game_.judge().behaviour(output, std::span(behaviours.values).subspan(query * width, width));
  });
  return behaviours;
}

void EvidenceCollector::describe_modality(std::size_t modality) {
  NormalData& normal = normal_[modality];
  const bool is_text = game_.kind(modality) == "tokens";
  std::vector<char> seen(game_.content_count(modality), 0);
  for (const std::uint32_t example : reference_.right()) {
    if (normal.entries.size() == (is_text ? kMostTexts : kMostEntries)) break;
    char& known = seen[game_.content(modality, example)];
    if (!is_text && known != 0) continue;
    known = 1;
    normal.entries.push_back(example);
  }
  normal.entry_of.resize(game_.example_count());
  for (std::uint32_t entry = 0; entry < normal.entries.size(); ++entry) normal.entry_of[normal.entries[entry]] = entry;

  const std::size_t threads = game_.thread_count();
  const std::vector<std::vector<std::uint32_t>> labels = labels_of_entries(modality, normal.entries);
  const auto left_out = [&](std::size_t entry, std::size_t other) {
    return reference_.same_source(normal.entries[entry], normal.entries[other]);
  };
  const auto neighbours = [&](FloatRows rows, Neighbours::Scale scale) {
    return rows.width == 0 ? nullptr : std::make_unique<Neighbours>(std::move(rows), scale, labels, left_out, threads);
  };
  normal.data = neighbours(game_.statistics(modality, normal.entries), Neighbours::Scale::kByDeviation);
  normal.encoding = neighbours(game_.encodings(modality, normal.entries), Neighbours::Scale::kByDeviation);
  if (is_text) {
    const auto others = [&](std::size_t entry) {
      std::vector<std::size_t> found;
      for (std::size_t other = 0; other < normal.entries.size(); ++other) {
        if (left_out(entry, other)) found.push_back(other);
      }
      return found;
    };
    normal.texts = std::make_unique<WordPairs>(game_.tokens(modality, normal.entries), labels, others, threads);
  }
  if (behaviour_donor_count_ > 0) {
    normal.behaviour = neighbours(behaviours_of_entries(modality, normal.entries), Neighbours::Scale::kAsTheyAre);
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
  const AnswerJudge& judge = game_.judge();
  const std::size_t modality_count = game_.modality_count();
  Block block;
  block.cases = cases;
  block.rows = add_rows(cases);
  for (const TracedCase& each : cases) {
    std::vector<std::uint32_t> sources = {each.example};
    if (each.injected && each.injected->fault.kind == kSwap) sources.push_back(each.injected->partner);
    block.left_out.push_back(reference_.with_sources_of(sources));
  }

  // The cases themselves.
  std::vector<std::uint32_t> examples;
  for (const TracedCase& each : cases) examples.push_back(each.example);
  const std::vector<std::span<const std::uint32_t>> own_rows(block.rows.begin(), block.rows.end());
  block.own.resize(cases.size());
  std::vector<std::optional<std::size_t>> predicted(cases.size());
  const auto read = [&](std::span<const double> output, std::size_t place) {
    const std::size_t example = cases[place].example;
    MixAnswer answer{.is_right = judge.is_right(output, example), .probability = judge.probability(output, example)};
    if (shapley == ShapleyValues::kNone) return answer;
    answer.log_probability = std::log(std::max(answer.probability, kLeastProbability));
    if (predicted[place]) answer.predicted = judge.class_probability(output, *predicted[place]);
    answer.margin = judge.margin(output, example).value_or(0.0);
    return answer;
  };
  game_.answer({.examples = examples, .rows = own_rows}, [&](std::size_t place, std::span<const double> output) {
    predicted[place] = judge.predicted(output);
    block.own[place] = read(output, place);
  });
  if (std::ranges::all_of(predicted, [](const auto& each) { return each.has_value(); })) {
    for (const auto& each : predicted) block.predicted.push_back(*each);
  }

  // Mixes with donors.
  struct Query {
    std::size_t place = 0;
    std::size_t donor = 0;
    std::size_t slot = 0;
  };
  std::vector<Query> queries;
  std::vector<std::uint32_t> query_examples;
  std::vector<std::vector<std::uint32_t>> query_rows(modality_count);
  block.with_donor.assign(cases.size(), std::vector<DonorAnswers>(donors_.size()));
  for (std::size_t donor = 0; donor < donors_.size(); ++donor) {
    const std::vector<std::uint32_t> coalitions = coalitions_of(donor, shapley);
    for (std::size_t place = 0; place < cases.size(); ++place) {
      block.with_donor[place][donor] = {coalitions, std::vector<MixAnswer>(coalitions.size())};
    }
  }
  for (std::size_t place = 0; place < cases.size(); ++place) {
    for (std::size_t donor = 0; donor < donors_.size(); ++donor) {
      const std::vector<std::uint32_t>& coalitions = block.with_donor[place][donor].coalitions;
      for (std::size_t slot = 0; slot < coalitions.size(); ++slot) {
        queries.push_back({place, donor, slot});
        query_examples.push_back(cases[place].example);
        for (std::size_t modality = 0; modality < modality_count; ++modality) {
          const bool keeps = (coalitions[slot] >> modality & 1U) != 0;
          query_rows[modality].push_back(keeps ? block.rows[modality][place] : donors_[donor]);
        }
      }
    }
    evidence[place].evaluation_count = 1 + queries.size();
  }
  for (std::size_t place = cases.size(); place-- > 1;) {
    evidence[place].evaluation_count -= evidence[place - 1].evaluation_count - 1;
  }
  const std::size_t width = judge.behaviour_width();
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    block.behaviours.push_back({.width = behaviour_donor_count_ * width, .values = {}});
    block.behaviours.back().values.resize(cases.size() * block.behaviours.back().width);
  }
  const std::vector<std::span<const std::uint32_t>> row_spans(query_rows.begin(), query_rows.end());
  game_.answer({.examples = query_examples, .rows = row_spans}, [&](std::size_t index, std::span<const double> output) {
    const auto [place, donor, slot] = queries[index];
    DonorAnswers& answers = block.with_donor[place][donor];
    answers.answers[slot] = read(output, place);
    const std::uint32_t coalition = answers.coalitions[slot];
    const bool shows_behaviour = std::has_single_bit(coalition) && donor < behaviour_donor_count_;
    if (!shows_behaviour) return;
    FloatRows& rows = block.behaviours[static_cast<std::size_t>(std::countr_zero(coalition))];
    judge.behaviour(output, std::span(rows.values).subspan(place * rows.width + donor * width, width));
  });

  for (std::size_t place = 0; place < cases.size(); ++place) {
    evidence[place].is_right = block.own[place].is_right;
    evidence[place].probability = block.own[place].probability;
    evidence[place].modalities.resize(modality_count);
    add_repair(block, place, evidence[place]);
    if (shapley == ShapleyValues::kWanted) add_shapley(block, place, evidence[place]);
  }
  if (typicality_gap_.empty()) add_typicality(block, evidence);
  game_.clear_faulty_rows();
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
    const MixAnswer& empty = block.with_donor[place][donor].of(0);
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
      const MixAnswer& answer = block.with_donor[place][donor].of(full & ~(1U << modality));
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
    const DonorAnswers& answers = block.with_donor[place][donor];
    const auto of = [&](std::uint32_t coalition) -> const MixAnswer& {
      return coalition == full ? block.own[place] : answers.of(coalition);
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
  const bool has_classes = !block.predicted.empty();
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
    const NormalData& normal = normal_[modality];
    const std::span<const std::uint32_t> rows = block.rows[modality];
    const FloatRows data = normal.data ? game_.statistics(modality, rows) : FloatRows{};
    const FloatRows encodings = normal.encoding ? game_.encodings(modality, rows) : FloatRows{};
    const std::vector<std::vector<std::int64_t>> texts =
        normal.texts ? game_.tokens(modality, rows) : std::vector<std::vector<std::int64_t>>();
    parallel_for(rows.size(), game_.thread_count(), [&](std::size_t place) {
      const std::optional<std::uint32_t> label = game_.judge().label_group(block.cases[place].example);
      std::vector<char> left_out(normal.entries.size(), 0);
      std::vector<std::size_t> left_out_list;
      for (const std::uint32_t example : block.left_out[place]) {
        const std::optional<std::uint32_t>& entry = normal.entry_of[example];
        if (!entry || left_out[*entry] != 0) continue;
        left_out[*entry] = 1;
        left_out_list.push_back(*entry);
      }
      ModalityEvidence& own = evidence[place].modalities[modality];
      if (normal.data) own.data = normal.data->p_values(data.row(place), left_out, label);
      if (normal.texts) own.data = normal.texts->p_values(texts[place], left_out_list, label);
      if (normal.encoding) own.encoding = normal.encoding->p_values(encodings.row(place), left_out, label);
      if (normal.behaviour) {
        own.behaviour = normal.behaviour->p_values(block.behaviours[modality].row(place), left_out, label);
      }
      const std::array overall = {own.data.overall, own.encoding.overall, own.behaviour.overall};
      const std::array within = {own.data.within_label, own.encoding.within_label, own.behaviour.within_label};
      const double factor = typicality_factor(overall);
      const bool has_label = std::ranges::any_of(within, [](const auto& value) { return value.has_value(); });
      own.typicality = has_label ? (factor + typicality_factor(within)) / 2.0 : factor;
    });
  }
}

}  // namespace modattr
