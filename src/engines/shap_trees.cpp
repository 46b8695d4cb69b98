#include "shap_trees.h"

#include <string>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/shapley/solved_games.h"

namespace modattr {

void check_tree_options(const OptionValues& options) {
  if (options.is_given("tree_values") && options.text("method") != "tree" && options.text("method") != "auto") {
    throw ConfigError(option("tree_values") + ": expected " + option("method") + " tree, got " + option("method") +
                      " " + *options.text("method"));
  }
  if (options.text("method") == "tree") {
    for (const std::string name : {"budget", "tolerance"}) {
      if (options.is_given(name)) {
        throw ConfigError(option(name) + ": expected a method that estimates, got " + option("method") +
                          " tree, which is exact");
      }
    }
    if (options.flag("sage")) {
      throw ConfigError(option("method") + " tree: expected no " + option("sage") + ", got both");
    }
  }
}

std::optional<ContributionRequest> tree_request(const OptionValues& options, const EngineSetting& setting) {
  const bool are_features = options.text("level") == "feature";
  const std::string method = *options.text("method");
  const bool is_chosen = method == "tree" || options.is_given("tree_values");
  if (options.flag("sage") || (method != "tree" && method != "auto")) return std::nullopt;
  const bool are_pairs_asked = are_features && options.flag("interactions");
  const std::string pair_index = options.text("interaction_index").value_or("k-sii");
  const bool has_known_index = !are_pairs_asked || pair_index == "k-sii";
  const bool fits = setting.trees == TreeUse::kMargin && has_known_index;
  // Enumerated modalities tell more: what they mean for accuracy.
  const bool is_enumerated = !are_features && setting.kinds.size() <= kMostEnumeratedModalities;
  if (!is_chosen && (!fits || is_enumerated)) return std::nullopt;
  const std::string chosen = method == "tree" ? option("method") + " tree" : option("tree_values");
  if (setting.trees == TreeUse::kOtherValue) {
    throw ConfigError(chosen +
                      ": expected value logit, or output of a regression that gives margins (model.output "
                      "margin), as trees add up to margins, got another behaviour; " +
                      option("method") + " exact or permutation serves every value");
  }
  if (!has_known_index) {
    throw ConfigError(chosen + ": expected " + option("interaction_index") + " k-sii, got " + pair_index + "; " +
                      option("method") + " proxy serves every index");
  }
  const bool is_path_dependent = options.text("tree_values") == "path-dependent";
  return ContributionRequest{
      .method = is_path_dependent ? ContributionMethod::kTreePathDependent : ContributionMethod::kTreeInterventional,
      .is_owen = are_features && options.text("index") != "shapley",
      .are_modalities_players = !are_features,
      .are_pairs_asked = are_pairs_asked || !are_features};
}

}  // namespace modattr
