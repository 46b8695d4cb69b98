#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modattr/check/result_set.h"

namespace modattr {

/// How much of a ranking is kept, as the feature attribution drift monitor of SageMaker Clarify has it: with the
/// baseline's scores a,
///
///     DCG = sum over ranks i of a(what the new result ranks i-th) / log2(i + 1),   nDCG = DCG / DCG of the own ranking
///
/// (Järvelin, Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002). Scores are at least 0; `baseline`
/// and `next` [items]. Equal new scores are ranked in the order of the items. nullopt where all of the baseline's are
/// 0.
std::optional<double> ndcg(std::span<const double> baseline, std::span<const double> next);

/// Importance of features in two results.
struct PlayerScores {
  /// "text 'what'", both results' features, ascending.
  std::vector<std::string> names;
  /// Mean |value| over the explained examples, 0 where an example does not have the feature; [names].
  std::vector<double> baseline;
  std::vector<double> next;
};

/// Runs of both results that explain features of examples, in the order of the new one.
std::vector<std::string> runs_with_players(const ResultSet& baseline, const ResultSet& next);

/// The scores of a run's features, by modality and name.
PlayerScores player_scores(const ResultSet& baseline, const ResultSet& next, const std::string& run);

}  // namespace modattr
