#include "modattr/engines/trace/reference_set.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace modattr {
namespace {

/// A modality whose data so many examples share, in the mean, tells no sources apart.
constexpr std::size_t kMostExamplesOfSource = 50;

/// Places by random numbers that follow from the examples' ids; equal ids do not occur.
std::vector<std::uint32_t> order_by_identity(const CaseGame& game, const Rng& rng) {
  std::vector<std::uint64_t> ranks;
  for (std::size_t example = 0; example < game.example_count(); ++example) {
    ranks.push_back(donor_rank(game.identity(example), rng));
  }
  std::vector<std::uint32_t> order(ranks.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t example) { return ranks[example]; });
  return order;
}

}  // namespace

ReferenceSet::ReferenceSet(CaseGame& game, const Rng& rng, std::size_t donor_count, ReferencePart part)
    : game_(game), donor_count_(donor_count), outcomes_(game.example_count()) {
  const std::vector<std::uint32_t> order = order_by_identity(game, rng);
  std::vector<std::uint32_t> own(game.example_count());
  std::iota(own.begin(), own.end(), 0U);
  const std::vector<std::span<const std::uint32_t>> rows(game.modality_count(), own);
  game.progress().begin("answer", own.size());
  game.answer({.examples = own, .rows = rows}, [&](std::size_t example, std::span<const double> output) {
    const AnswerJudge& judge = game.judge();
    outcomes_[example] = {.is_right = judge.is_right(output, example),
                          .probability = judge.probability(output, example),
                          .predicted = judge.predicted(output)};
  });
  game.progress().finish();
  index_sources();
  for (const std::uint32_t example : order) (outcomes_[example].is_right ? right_ : wrong_).push_back(example);
  if (part == ReferencePart::kFirstHalf) split_in_halves(rng);
}

void ReferenceSet::index_sources() {
  for (std::size_t modality = 0; modality < game_.modality_count(); ++modality) {
    const std::size_t count = game_.content_count(modality);
    if (game_.kind(modality) == "tokens" || count * kMostExamplesOfSource < game_.example_count()) continue;
    SourceIndex index{.modality = modality, .examples = std::vector<std::vector<std::uint32_t>>(count)};
    for (std::uint32_t example = 0; example < game_.example_count(); ++example) {
      index.examples[game_.content(modality, example)].push_back(example);
    }
    sources_.push_back(std::move(index));
  }
}

bool ReferenceSet::same_source(std::uint32_t first, std::uint32_t second) const {
  return first == second || std::ranges::any_of(sources_, [&](const SourceIndex& index) {
           return game_.content(index.modality, first) == game_.content(index.modality, second);
         });
}

std::vector<std::uint32_t> ReferenceSet::with_sources_of(std::span<const std::uint32_t> examples) const {
  std::vector<std::uint32_t> found(examples.begin(), examples.end());
  for (const SourceIndex& index : sources_) {
    for (const std::uint32_t example : examples) {
      const std::vector<std::uint32_t>& same = index.examples[game_.content(index.modality, example)];
      found.insert(found.end(), same.begin(), same.end());
    }
  }
  return found;
}

void ReferenceSet::split_in_halves(const Rng& rng) {
  // What shares a source stays together: by the modality with the fewest sources.
  const SourceIndex* index = nullptr;
  for (const SourceIndex& each : sources_) {
    if (index == nullptr || each.examples.size() < index->examples.size()) index = &each;
  }
  const auto is_tested = [&](std::uint32_t example) {
    std::uint64_t identity = game_.identity(example);
    if (index != nullptr) {
      for (const std::uint32_t same : index->examples[game_.content(index->modality, example)]) {
        identity = std::min(identity, game_.identity(same));
      }
    }
    constexpr std::uint32_t kHalves = 0x80000000U;
    RandomStream stream = rng.stream(RandomPurpose::kHalfSample, static_cast<std::uint32_t>(identity),
                                     static_cast<std::uint32_t>(identity >> 32));
    return stream.next_word() >= kHalves;
  };
  std::ranges::copy_if(right_, std::back_inserter(tested_), is_tested);
  std::erase_if(right_, is_tested);
  std::ranges::copy_if(wrong_, std::back_inserter(tested_wrong_), is_tested);
  std::erase_if(wrong_, is_tested);
}

}  // namespace modattr
