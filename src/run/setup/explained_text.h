#pragma once

#include <span>
#include <string>
#include <vector>

#include "cases_setup.h"
#include "modattr/report/score_table.h"
#include "modattr/run/setup/experiment.h"
#include "removal_setup.h"
#include "targets.h"

namespace modattr {

/// How explanations were made, in words.
struct ExplainedBy {
  /// The target in force: "predicted", "label" or an index.
  std::string target;
  /// Whether one game of the mean over the whole set was played.
  bool is_whole_set = false;
  /// Kind of Shapley value, or of surrogate; nothing where it goes without saying.
  std::string index = {};
  /// Estimator; nothing where there is no choice.
  std::string method = {};
  /// How data is removed, where it is not as the configuration says.
  std::string removal = {};
};

/// What was explained and how, in force: the value of the target, index and method, evaluations per example, and what
/// the modalities are removed by.
std::vector<std::string> explained_text(const Experiment& experiment, const ExplainedTargets& targets,
                                        const RemovalSetup& removal, const ExplainedBy& by,
                                        std::span<const ExampleRecord> records);

/// When a traced answer counts as wrong; nothing where that goes without saying.
std::vector<std::string> traced_text(const CasesSetup& cases);

}  // namespace modattr
