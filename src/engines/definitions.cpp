#include "modattr/engines/definitions.h"

#include <array>

namespace modattr {

std::span<const DefinitionLegend> definition_legends() {
  static const std::array<DefinitionLegend, 16> legends = {{
      {"permutation",
       "drop: what the score loses when this modality's data comes from other examples; without, alone: the score when "
       "only this modality's data, or all but this modality's data, comes from other examples"},
      {"perceptual", "model: drop / score; task: drop / (1 - score of the best constant answer)"},
      {"emap", "gap: score - score of the model projected onto sums of what the modality and the others say"},
      {"shapley",
       "mean, mean_abs: what it adds to the value, signed and in magnitude; full, empty: the value with all data and "
       "without any; efficiency_gap: what the parts miss of the difference",
       {"shapley.mean_abs", "shapley.full", "shapley.empty", "shapley.efficiency_gap"},
       "mean: what it adds to the value"},
      {"share",
       "its part of what all modalities add, in magnitude; owen, mm_shap, mm_shap_avg, net: of what their features add",
       {"share.owen", "share.mm_shap_avg", "share.net"},
       "its part of what all modalities add, in magnitude"},
      {"interaction",
       "mean, mean_abs: what two add only together; intershap: share of interactions in all effects, _local: as a mean "
       "over examples",
       {"interaction.mean_abs", "interaction.intershap", "interaction.intershap_local"},
       "mean: what two add only together"},
      {"pairs", "what two features add only together, summed over the pairs of these modalities, or within one"},
      {"shape", "S, C: Shapley value and interaction of the accuracy, over the accuracy", {"shape.S", "shape.C"}},
      {"tree",
       "path, path_owen: its part of what all columns add, in magnitude, where the training data's shares of the "
       "branches stand for what is removed; path_mean, path_mean_abs, path_share_abs: the same of modalities; "
       "path_pairs, path_interaction: what two columns, or modalities, add only together",
       {"tree.path_mean_abs", "tree.path_interaction_abs"}},
      {"lime",
       "share: its part of the magnitudes of the coefficients; r2: how well the surrogate fits unseen coalitions; "
       "fidelity_lost: what r2 loses without the modality",
       {"lime.fidelity_lost"},
       "share: its part of the magnitudes of the coefficients; r2: how well the surrogate fits unseen coalitions"},
      {"deep",
       "owen, joint: its features' part of the magnitudes of all contributions, by Deep SHAP; mean, mean_abs, "
       "share_abs: "
       "of the sums over modalities",
       {"deep.mean_abs", "deep.share_abs"},
       "its features' part of the magnitudes of all contributions, by Deep SHAP; mean: of their sum"},
      {"ig",
       "share: its features' part of the magnitudes of all contributions, by integrated gradients; mean, mean_abs, "
       "share_abs: of the sums over modalities",
       {"ig.mean_abs", "ig.share_abs"},
       "share: its features' part of the magnitudes of all contributions, by integrated gradients; mean: of their sum"},
      {"gradient",
       "share: its features' part of the magnitudes of all contributions, by gradients; mean, mean_abs, share_abs: of "
       "the "
       "sums over modalities",
       {"gradient.mean_abs", "gradient.share_abs", "gradient.input_mean_abs", "gradient.input_share_abs"},
       "share: its features' part of the magnitudes of all contributions, by gradients; mean: of their sum"},
      {"verify",
       "how far contributions are from Shapley values: squared_distance over their squares; correlation; "
       "modality_distance: of sums over modalities"},
      {"sage", "what it takes off the mean loss"},
      {"trace",
       "share: estimated part of the wrong answers that is due to it; count: wrong answers with this verdict; repair: "
       "part of the donors whose data brings the right answer; typicality: ln of the Bayes factor for unusual data; "
       "blame: minus the Shapley value of the label's probability",
       {"trace.repair", "trace.typicality", "trace.blame", "trace.valuation"},
       "share: estimated part of the wrong answers that is due to it; count: wrong answers with this verdict"},
  }};
  return legends;
}

}  // namespace modattr
