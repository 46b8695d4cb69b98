#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modattr/core/progress.h"
#include "modattr/core/tracing/answer_judge.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/stats/target.h"
#include "modattr/value/games/case_games.h"

namespace modattr {

/// What tracing of errors needs of an experiment: when an answer is wrong, and what its modalities are made of.
class CasesSetup {
 public:
  /// `rule`: when an answer is wrong, e.g. "abs_error > 0.5"; nullopt = as the labels have it. Throws ConfigError where
  /// there are no labels, or the rule does not go with them.
  CasesSetup(Experiment& experiment, const std::optional<std::string>& rule, Progress& progress);

  const std::vector<TracedModality>& modalities() const noexcept { return modalities_; }
  const AnswerJudge& judge() const noexcept { return *judge_; }
  /// What the features of single answers are removed for: the probability of the right class, or minus the loss.
  std::span<const Target> targets() const noexcept { return targets_; }

 private:
  std::vector<TracedModality> modalities_;
  std::unique_ptr<AnswerJudge> judge_;
  std::vector<Target> targets_;
};

}  // namespace modattr
