#include "cases_setup.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "example_selection.h"
#include "modality_inputs.h"
#include "modattr/core/error.h"
#include "modattr/stats/class_reader.h"
#include "modattr/stats/label_judge.h"

namespace modattr {
namespace {

/// Examples whose data stands for none.
constexpr std::size_t kDonorCount = 20;

/// Mean log probability of each example's label tokens when all its modalities hold data of other examples. [examples]
std::vector<double> limits_without_data(Experiment& experiment, Progress& progress) {
  const Dataset& dataset = experiment.dataset();
  const std::size_t count = dataset.example_count();
  // Whatever their order in the set.
  std::vector<std::uint32_t> donors = examples_by_identity(dataset);
  donors.resize(std::min(count, kDonorCount));
  std::vector<std::vector<std::uint32_t>> rows;
  for (const std::uint32_t donor : donors) rows.emplace_back(count, donor);
  std::vector<Mix> mixes;
  for (const std::vector<std::uint32_t>& row : rows) {
    mixes.push_back({.present = Coalition(experiment.layout().modalities.count()), .donors = row});
  }
  std::vector<double> values(mixes.size() * count);
  progress.begin("answer without data", values.size());
  experiment.evaluator().evaluate(
      mixes,
      [&](std::size_t mix, std::size_t example, std::span<const double> output) {
        values[mix * count + example] = mean_token_log_probability(output);
      },
      progress);
  progress.finish();
  std::vector<double> limits(count);
  for (std::size_t place = 0; place < values.size(); ++place) {
    limits[place % count] += values[place] / static_cast<double>(mixes.size());
  }
  return limits;
}

/// The value that rises as an answer becomes right; of answer counts, the probability of the most frequent answer.
Target right_answer_target(const Experiment& experiment, const AnswerJudge& judge) {
  const Dataset& dataset = experiment.dataset();
  const std::size_t count = dataset.example_count();
  TargetInput input{.kind = experiment.config().model.kind,
                    .output_width = experiment.output_width(),
                    .value = ValueKind::kLoss,
                    .classes = std::vector<std::uint32_t>(count, 0)};
  if (predicts_classes(input.kind)) {
    input.value = ValueKind::kProbability;
    for (std::size_t example = 0; example < count; ++example) {
      input.classes[example] = judge.label_group(example).value_or(0);
    }
  } else if (const auto* values = std::get_if<ValueLabels>(dataset.labels().get())) {
    // Of several columns, the first one's error.
    for (std::size_t example = 0; example < count; ++example) input.label_values.push_back(values->value(example, 0));
  } else if (const auto* flags = std::get_if<IndicatorLabels>(dataset.labels().get())) {
    input.scope = LabelScope::kAll;
    input.label_flags = flags->flags;
  }
  return Target(std::move(input));
}

}  // namespace

CasesSetup::CasesSetup(Experiment& experiment, const std::optional<std::string>& rule, Progress& progress) {
  for (const ModalityConfig& modality : experiment.config().modalities) {
    TracedModality traced{.kind = modality.kind, .inputs = {}, .special_ids = modality.special_ids};
    const std::vector<std::size_t> inputs = inputs_of(experiment, modality);
    for (std::size_t place = 0; place < inputs.size(); ++place) {
      traced.inputs.push_back({inputs[place], {}});
      for (const ColumnRange& range : modality.inputs[place].columns) {
        traced.inputs.back().columns.push_back({range.first, range.end});
      }
    }
    if (modality.vocab) traced.vocabulary = read_vocabulary(*modality.vocab);
    modalities_.push_back(std::move(traced));
  }
  JudgeInput input{.kind = experiment.config().model.kind,
                   .output_width = experiment.output_width(),
                   .labels = experiment.dataset().labels()};
  if (rule) input.rule = parse_wrong_rule(*rule);
  const bool needs_limits = std::holds_alternative<TokenLabels>(*input.labels) && !rule;
  if (needs_limits && experiment.evaluates()) input.token_limits = limits_without_data(experiment, progress);
  try {
    judge_ = make_label_judge(input);
  } catch (const DataError& error) {
    throw DataError(experiment.dataset().path() + ": " + error.what());
  }
  targets_.push_back(right_answer_target(experiment, *judge_));
}

}  // namespace modattr
