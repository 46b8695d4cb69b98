#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modattr {

/// How the difference between an example's answer and the one on removed data is divided by looking inside of a model.
enum class ContributionMethod {
  /// Deep SHAP: differences are passed back through the graph (Lundberg, Lee 2017; rescale rule of Shrikumar et al.
  /// 2017).
  kDeep,
  /// Integrated gradients (Sundararajan, Taly, Yan 2017).
  kIntegratedGradients,
  /// Expected gradients (Erion et al. 2021): gradients at random points between the example and random background rows.
  kExpectedGradients,
  /// The gradient at the example times the difference of the data: for comparison, as it is not complete.
  kInputTimesGradient,
  /// Tree SHAP over a background (Lundberg et al. 2020, interventional).
  kTreeInterventional,
  /// Tree SHAP with the training data's shares of the branches (Lundberg et al. 2020, path-dependent).
  kTreePathDependent
};

/// What is asked for.
struct ContributionRequest {
  ContributionMethod method = ContributionMethod::kDeep;
  /// Features play inside of their modalities, which are unions, so that they add up to the modality's Shapley value
  /// among modalities (Owen 1977); else all features play at once.
  bool is_owen = false;
  /// Modalities are the players, and have no features.
  bool are_modalities_players = false;
  /// Integrated gradients: points of a fixed Gauss-Legendre rule; nullopt = intervals are halved where they need it.
  std::optional<std::size_t> step_count = std::nullopt;
  /// Trees: also the Shapley interaction index of every pair of players.
  bool are_pairs_asked = false;
};

/// An operation of the model, and what its inputs' contributions miss of the difference that it makes.
struct OperationGap {
  /// E.g. "aten::sort".
  std::string operation;
  /// In units of v, of the example where it is largest.
  double gap = 0.0;
};

/// The contributions to one example's answer, in units of v; means over the draws of the removal.
struct ExampleContributions {
  double value_full = 0.0;
  double value_empty = 0.0;
  /// Of the features, modality by modality as ExampleGames numbers them; empty where modalities are the players.
  std::vector<double> players;
  /// Standard error of what was drawn at random; 0 where nothing was. [players]
  std::vector<double> std_errors;
  /// Sums over each modality's data. [modalities]
  std::vector<double> modalities;
  /// What belongs to several modalities at once, such as the choice of a token by another modality's data.
  double mixed = 0.0;
  /// Part of the modalities' sums that no single feature holds, such as that of padding; the features hold it in
  /// proportion to their magnitudes.
  double spread = 0.0;
  /// Largest of the model's operations; nullopt where all are exact by construction.
  std::optional<OperationGap> largest_gap = std::nullopt;
  /// Shapley interaction index of the pairs (0, 1), (0, 2), ... (1, 2), ... of players; empty where not asked for.
  std::vector<double> pairs = {};
  /// Of pairs of modalities, in the same order: sums over their players.
  std::vector<double> modality_pairs = {};
  /// Rows that were run through the model.
  std::size_t evaluation_count = 0;
};

/// A model that shows how its answers come about.
class Contributions {
 public:
  virtual ~Contributions() = default;
  /// Of examples first ... first + count - 1. Throws ModelError naming what in the model cannot be followed.
  virtual std::vector<ExampleContributions> explain(std::uint32_t first, std::size_t count) = 0;
  /// Rows that an example takes, about.
  virtual std::size_t evaluations_per_example() const noexcept = 0;
};

}  // namespace modattr
