#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "modattr/core/labels.h"
#include "modattr/core/tracing/answer_judge.h"
#include "modattr/stats/wrong_rule.h"

namespace modattr {

/// What answers are judged by.
struct JudgeInput {
  OutputKind kind = OutputKind::kLogits;
  /// Numbers per output row.
  std::size_t output_width = 0;
  std::shared_ptr<const Labels> labels;
  /// When an answer is wrong; nullopt = as the kind of labels has it, see make_label_judge().
  std::optional<WrongRule> rule = std::nullopt;
  /// Label tokens without a rule: the mean log probability of each example below which its answer is wrong. [examples]
  std::vector<double> token_limits = {};
};

/// Judges answers by labels. Without a rule an answer is wrong
///   classes         where the most probable class is not the label
///   answer counts   where the soft accuracy of the most probable answer is below 1/2
///   label sets      where any label is predicted wrongly
///   regression      where its absolute error is above the mean absolute error of the best constant, the median
///   label tokens    where their mean log probability is below a limit, which has to be given for each example.
/// Throws ConfigError where a rule does not go with the labels, and where there are none.
std::unique_ptr<AnswerJudge> make_label_judge(const JudgeInput& input);

}  // namespace modattr
