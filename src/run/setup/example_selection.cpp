#include "example_selection.h"

#include <algorithm>
#include <numeric>
#include <sstream>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/core/rng.h"
#include "modattr/core/tracing/case_game.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/stats/masked_logit.h"

namespace modattr {

std::vector<std::string> names_of(const std::vector<std::string>& texts, const std::vector<std::string>& known) {
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    if (text.find(',') == std::string::npos || std::ranges::find(known, text) != known.end()) {
      names.push_back(text);
      continue;
    }
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) names.push_back(part);
  }
  return names;
}

std::vector<std::uint32_t> random_subset(std::size_t example_count, std::size_t subset_size, std::uint64_t seed) {
  std::vector<std::uint32_t> examples(example_count);
  std::iota(examples.begin(), examples.end(), 0u);
  RandomStream stream = Rng(seed).stream(RandomPurpose::kExampleSubset, 0, 0);
  for (std::uint32_t place = 0; place < subset_size; ++place) {
    const auto rest = static_cast<std::uint32_t>(example_count - place);
    std::swap(examples[place], examples[place + stream.below(rest)]);
  }
  examples.resize(subset_size);
  std::ranges::sort(examples);
  return examples;
}

std::vector<std::uint32_t> examples_by_identity(const Dataset& dataset) {
  std::vector<std::uint64_t> identities;
  for (std::size_t example = 0; example < dataset.example_count(); ++example) {
    identities.push_back(identity_of(dataset.id(example)));
  }
  std::vector<std::uint32_t> order(identities.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t example) { return identities[example]; });
  return order;
}

void Experiment::select_examples(const CommonOptions& common) {
  if (ids_use_ == IdsUse::kAmongAll) dataset_->keep(examples_by_identity(*dataset_));
  if (!common.ids.empty()) {
    std::vector<std::string> known;
    for (std::size_t example = 0; example < dataset_->example_count(); ++example)
      known.push_back(dataset_->id(example));
    ids_ = names_of(common.ids, known);
    std::vector<std::uint32_t> examples;
    for (const std::string& id : ids_) examples.push_back(dataset_->find_id(id));
    std::ranges::sort(examples);
    examples.erase(std::unique(examples.begin(), examples.end()), examples.end());
    if (ids_use_ == IdsUse::kOnlyThese) dataset_->keep(examples);
  }
  if (common.examples && *common.examples > dataset_->example_count()) {
    warnings_.push_back(option("examples") + " " + std::to_string(*common.examples) + ": there are " +
                        std::to_string(dataset_->example_count()) + " examples, all of which are used");
  }
  if (common.examples && *common.examples < dataset_->example_count()) {
    dataset_->keep(random_subset(dataset_->example_count(), *common.examples, config_.seed));
  }
}

void Experiment::select_own_examples() {
  if (!shard_ || shard_use_ != ShardUse::kOwnExamples) return;
  run_example_count_ = dataset_->example_count();
  own_range_ = shard_->range(*run_example_count_);
  // A data set is never empty.
  std::vector<std::uint32_t> examples(std::max<std::size_t>(own_range_.count, 1));
  std::iota(examples.begin(), examples.end(), static_cast<std::uint32_t>(own_range_.count == 0 ? 0 : own_range_.first));
  dataset_->keep(examples);
}

ExampleRange Experiment::own_examples() const {
  if (!shard_ || holds_own_examples_only()) return own_range_;
  const std::size_t count = dataset_->example_count();
  if (shard_use_ == ShardUse::kFirstShard) return {0, shard_->index == 0 ? count : 0};
  return shard_->range(count);
}

std::vector<std::uint32_t> Experiment::asked_examples() const {
  if (ids_use_ == IdsUse::kOnlyThese) return {};
  std::vector<std::uint32_t> examples;
  for (const std::string& id : ids_) examples.push_back(dataset_->find_id(id));
  return examples;
}

std::size_t Experiment::drop_invalid_examples(const RunContext& context) {
  drops_invalid_examples_ = true;
  const auto is_scored = [this](std::size_t example, std::span<const double> output) {
    std::vector<double> outcome(metric_->width());
    try {
      metric_->outcome(output, example, outcome);
    } catch (const MaskedLogitError&) {
      return false;
    }
    return true;
  };
  const std::vector<std::uint32_t> valid =
      retry_on_split_failure(context, [&] { return evaluator_->finite_examples(context.progress, is_scored); });
  const std::size_t dropped = dataset_->example_count() - valid.size();
  std::vector<bool> is_valid(dataset_->example_count(), false);
  for (const std::uint32_t example : valid) is_valid[example] = true;
  for (std::size_t example = 0; example < is_valid.size(); ++example) {
    if (!is_valid[example]) dropped_rows_.push_back(dataset_->row(example));
  }
  std::ranges::sort(dropped_rows_);
  if (valid.empty() && holds_own_examples_only()) {
    // Other shards may have some.
    own_range_.count = 0;
    return dropped;
  }
  if (valid.empty()) {
    throw ModelError(model_->path() + ": expected finite outputs for some examples, got none of " +
                     std::to_string(dropped));
  }
  own_range_.count = valid.size();
  if (dropped > 0) {
    keep_examples(valid);
    // The first split may have told what an answer for a row depends on, and there may be none now.
    choose_model_use(context);
  }
  return dropped;
}

void Experiment::keep_examples(std::span<const std::uint32_t> examples) {
  dataset_->keep(examples);
  make_metric();
  evaluator_->forget_examples();
}

void Experiment::drop_rows(std::span<const std::uint32_t> rows) {
  drops_invalid_examples_ = true;
  dropped_rows_.assign(rows.begin(), rows.end());
  std::ranges::sort(dropped_rows_);
  std::vector<std::uint32_t> valid;
  for (std::uint32_t example = 0; example < dataset_->example_count(); ++example) {
    if (!std::ranges::binary_search(dropped_rows_, dataset_->row(example))) valid.push_back(example);
  }
  if (valid.empty()) {
    throw ModelError(model_->path() + ": expected finite outputs for some examples, got none of " +
                     std::to_string(dataset_->example_count()));
  }
  if (valid.size() < dataset_->example_count()) keep_examples(valid);
}

}  // namespace modattr
