#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/metric.h"

namespace modattr {

/// Scorers over the outcomes of a list of examples; every vector is [examples] unless it says otherwise.

/// Mean of the outcomes.
std::unique_ptr<OutcomeScorer> make_mean_scorer(std::vector<double> outcomes);

/// Mean recall over the classes that occur among the labels.
std::unique_ptr<OutcomeScorer> make_balanced_accuracy_scorer(std::vector<std::uint32_t> predicted,
                                                             std::vector<std::uint32_t> labels,
                                                             std::size_t class_count);

/// Mean F1 over the classes that occur among the labels or the predictions; a class without true positives counts 0.
std::unique_ptr<OutcomeScorer> make_macro_f1_scorer(std::vector<std::uint32_t> predicted,
                                                    std::vector<std::uint32_t> labels, std::size_t class_count);

/// Area under the ROC curve, ties counted half. One column of scores: label 1 against label 0. `class_count` columns
/// ([examples, class_count]): mean over classes of one against the rest, undefined unless every class occurs.
std::unique_ptr<OutcomeScorer> make_roc_auc_scorer(std::vector<double> scores, std::vector<std::uint32_t> labels,
                                                   std::size_t column_count);

/// Undefined.
std::unique_ptr<OutcomeScorer> make_undefined_scorer();

/// 1 - sum of squared errors / sum of squares around the mean label; undefined when all labels are equal.
std::unique_ptr<OutcomeScorer> make_r2_scorer(std::vector<double> outputs, std::vector<double> labels);

/// What a mean over parts makes of parts that are not defined.
enum class UndefinedParts { kMakeAllUndefined, kAreLeftOut };

/// Mean of the scores of parts, each over the same examples; undefined where no part is defined.
std::unique_ptr<OutcomeScorer> make_macro_scorer(std::vector<std::unique_ptr<OutcomeScorer>> parts,
                                                 UndefinedParts undefined);

}  // namespace modattr
