#include "modattr/engines/shap_engine.h"

#include <algorithm>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/contributions/contribution_methods.h"
#include "modattr/engines/contributions/feature_contributions.h"
#include "modattr/engines/sage/sage.h"
#include "modattr/engines/shapley/estimators/shapley_methods.h"
#include "modattr/engines/shapley/feature_shapley.h"
#include "modattr/engines/shapley/modality_shapley.h"
#include "modattr/engines/shapley/solved_games.h"
#include "shap_costs.h"
#include "shap_trees.h"

namespace modattr {
namespace {

bool features_play(const OptionValues& options) {
  return options.text("level") == "feature";
}

std::optional<ContributionMethod> method_inside(const OptionValues& options) {
  return find_contribution_method(*options.text("method"));
}

std::string index_in_force(const OptionValues& options) {
  // Modalities play one game of all of them.
  return features_play(options) ? options.text("index").value_or("owen") : "shapley";
}

/// Features play with interactions.
bool pairs_are_asked(const OptionValues& options) {
  return features_play(options) && options.flag("interactions");
}

std::optional<PairIndex> pair_index_asked(const OptionValues& options) {
  if (!pairs_are_asked(options)) return std::nullopt;
  return pair_index_of(options.text("interaction_index").value_or(pair_index_words().front()));
}

/// Throws ConfigError for options that say nothing to methods that look inside of the model, or only to these.
void check_inside(const OptionValues& options) {
  const std::string method = *options.text("method");
  const std::optional<ContributionMethod> inside = method_inside(options);
  if (options.is_given("ig_steps") && inside != ContributionMethod::kIntegratedGradients) {
    throw ConfigError(option("ig_steps") + ": expected " + option("method") + " ig, got " + method);
  }
  if (!inside) {
    if (!options.is_given("verify")) return;
    throw ConfigError(option("verify") + ": expected " + option("method") + " deep, ig or gradient, got " + method);
  }
  if (!features_play(options)) {
    throw ConfigError(option("method") + " " + method + ": expected " + option("level") + " feature, got " +
                      option("level") + " modality, whose values are exact without it");
  }
  for (const char* const name : {"interactions", "tolerance"}) {
    if (options.is_given(name)) {
      throw ConfigError(option(name) + ": expected a method that asks coalitions, got " + option("method") + " " +
                        method);
    }
  }
  if (options.is_given("budget") && !options.is_given("verify")) {
    throw ConfigError(option("budget") + ": expected " + option("verify") + " N with " + option("method") + " " +
                      method + ", which asks no coalitions, got none");
  }
}

/// Throws ConfigError for options that say nothing at the level asked for.
void check(const OptionValues& options) {
  const std::string level = *options.text("level");
  const std::string other = features_play(options) ? "modality" : "feature";
  const auto refuse = [&](const std::string& name) {
    throw ConfigError(option(name) + ": expected " + option("level") + " " + other + ", got " + option("level") + " " +
                      level);
  };
  if (!features_play(options) && options.is_given("index")) refuse("index");
  if (!features_play(options) && options.is_given("interaction_index")) refuse("interaction_index");
  if (options.is_given("interaction_index") && !options.flag("interactions")) {
    throw ConfigError(option("interaction_index") + ": expected " + option("interactions") + ", got none");
  }
  if (options.text("method") == "exact" && options.is_given("tolerance")) {
    throw ConfigError(option("tolerance") + ": expected a method with errors, got " + option("method") + " exact");
  }
  check_tree_options(options);
  if (options.flag("sage")) return;
  if (!features_play(options) && options.is_given("budget")) refuse("budget");
  if (!features_play(options) && options.is_given("tolerance")) refuse("tolerance");
  check_inside(options);
}

/// The loss is that of the label; throws ConfigError when another behaviour was asked for.
void check_sage(const OptionValues& options) {
  if (options.flag("interactions")) {
    throw ConfigError(option("sage") + ": expected no " + option("interactions") + ", got both");
  }
  if (method_inside(options)) {
    throw ConfigError(option("sage") + ": expected a method that asks coalitions, got " + option("method") + " " +
                      *options.text("method"));
  }
  if (const auto value = options.text("value"); value && *value != "loss") {
    throw ConfigError(option("value") + ": expected loss with " + option("sage") + ", got '" + *value + "'");
  }
}

/// Throws ConfigError for an estimator where every coalition of modalities is asked anyway.
void check_method(const OptionValues& options, std::size_t modality_count) {
  const std::string method = *options.text("method");
  if (features_play(options) || options.flag("sage") || modality_count > kMostEnumeratedModalities) return;
  if (method == "auto" || method == "exact" || method == "tree") return;
  throw ConfigError(option("method") + ": expected auto, exact or tree, as up to " +
                    std::to_string(kMostEnumeratedModalities) + " modalities are enumerated, got '" + method + "'; " +
                    option("level") + " feature takes the others");
}

EngineNeeds needs(const OptionValues& options) {
  return {.game = features_play(options) ? GameKind::kFeatures : GameKind::kModalities,
          .value = options.flag("sage") ? std::optional<std::string>("loss") : std::nullopt,
          .is_whole_set = options.flag("sage"),
          .column_option = "by",
          .looks_inside = method_inside(options).has_value(),
          // Interactions of modalities come with the additive projection, which is made of all pairs of examples.
          .shards = options.flag("sage") || (options.flag("interactions") && !features_play(options))
                        ? ShardUse::kFirstShard
                        : ShardUse::kOwnExamples};
}

/// Modalities up to which each is followed with all sets of the others, by default.
constexpr std::size_t kMostOwenModalities = 3;

/// Whether contributions are Owen values: by default where their runs are few.
bool are_owen_contributions(const OptionValues& options, std::size_t modality_count) {
  if (method_inside(options) != ContributionMethod::kDeep) return false;
  if (const auto index = options.text("index")) return *index == "owen";
  return modality_count <= kMostOwenModalities;
}

std::unique_ptr<Attributor> make_contributions(const OptionValues& options, const EngineSetting& setting) {
  return std::make_unique<FeatureContributions>(
      FeatureContributionsOptions{.request = {.method = *method_inside(options),
                                              .is_owen = are_owen_contributions(options, setting.kinds.size()),
                                              .step_count = options.count("ig_steps")},
                                  .modalities = setting.modalities,
                                  .verified_count = options.count("verify").value_or(0),
                                  .are_owen_verified = options.text("index").value_or("owen") == "owen",
                                  .budget = options.count("budget"),
                                  .breakdown = options.text("by")});
}

std::unique_ptr<Attributor> make(const OptionValues& options, const EngineSetting& setting) {
  check_method(options, setting.kinds.size());
  if (options.flag("sage")) check_sage(options);
  if (method_inside(options)) return make_contributions(options, setting);
  const std::optional<ContributionRequest> trees = tree_request(options, setting);
  std::shared_ptr<const ShapleyEstimator> estimator;
  if (!trees) estimator = make_shapley_estimator(*options.text("method"));
  const ShapleyIndex index = options.text("index") == "shapley" ? ShapleyIndex::kShapley : ShapleyIndex::kOwen;
  if (options.flag("sage")) {
    return std::make_unique<Sage>(
        SageOptions{.players = features_play(options) ? SagePlayers::kFeatures : SagePlayers::kModalities,
                    .modalities = setting.modalities,
                    .index = index,
                    .estimator = std::move(estimator),
                    .budget = options.count("budget"),
                    .tolerance = options.number("tolerance"),
                    .breakdown = options.text("by")});
  }
  if (features_play(options)) {
    return std::make_unique<FeatureShapley>(FeatureShapleyOptions{.modalities = setting.modalities,
                                                                  .index = index,
                                                                  .estimator = std::move(estimator),
                                                                  .budget = options.count("budget"),
                                                                  .tolerance = options.number("tolerance"),
                                                                  .breakdown = options.text("by"),
                                                                  .pair_index = pair_index_asked(options),
                                                                  .trees = trees});
  }
  return std::make_unique<ModalityShapley>(ModalityShapleyOptions{
      .modalities = setting.modalities,
      .projection = options.flag("interactions") ? AdditiveProjection::kComputed : AdditiveProjection::kLeftOut,
      .breakdown = options.text("by"),
      .estimator = std::move(estimator),
      .trees = trees});
}

/// What stands for an option that was not given; null where nothing limits the run.
OptionValue fallback_in_force(const std::string& name, const OptionValues& options, std::size_t modality_count) {
  const bool is_sage = options.flag("sage");
  if (method_inside(options)) {
    if (name == "index") return are_owen_contributions(options, modality_count) ? "owen" : "shapley";
    if (name == "verify") return std::size_t{0};
    return options.value(name);
  }
  if (name == "index") return index_in_force(options);
  if (name == "interaction_index" && pairs_are_asked(options)) return pair_index_words().front();
  if (name == "budget" && is_sage) return "512 coalitions per player";
  if (name == "budget" && features_play(options)) return "32 coalitions per player";
  if (name == "tolerance" && is_sage && options.text("method") != "exact") return "0.025 of the range of the values";
  return options.value(name);
}

EngineDescription describe(const OptionValues& options, const EngineSetting& setting) {
  EngineDescription description = Engine::describe_all(options, setting);
  for (auto& [name, value] : description.in_force) {
    if (!options.is_given(name)) value = fallback_in_force(name, options, setting.kinds.size());
  }
  if (method_inside(options)) {
    description.index = are_owen_contributions(options, setting.kinds.size()) ? "owen" : "shapley";
  } else if (features_play(options)) {
    description.index = index_in_force(options);
  }
  const std::optional<ContributionRequest> trees = tree_request(options, setting);
  const bool uses_trees = trees.has_value();
  if (uses_trees && trees->method == ContributionMethod::kTreePathDependent) {
    description.removal = "removed data takes both branches of the trees, as the training rows did";
  }
  description.method = uses_trees ? "tree" : *options.text("method");
  for (auto& [name, value] : description.in_force) {
    if (uses_trees && name == "method") value = "tree";
    if (uses_trees && name == "tree_values") value = options.text("tree_values").value_or("interventional");
    if (uses_trees && name == "budget") value = options.value(name);
  }
  return description;
}

std::vector<OptionSchema> schema() {
  std::vector<std::string> methods = {shapley_estimator_names().begin(), shapley_estimator_names().end()};
  methods.insert(methods.end(), contribution_method_names().begin(), contribution_method_names().end());
  methods.emplace_back("tree");
  const std::span<const std::string> pair_indices = pair_index_words();
  return {
      {.name = "level",
       .type = OptionType::kWord,
       .help = "Who plays: modalities (default), or their words, patches, columns",
       .placeholder = "modality|feature",
       .words = {"modality", "feature"},
       .fallback = "modality"},
      {.name = "index",
       .type = OptionType::kWord,
       .help = "Features: owen (default; they add up to their modality's value) or shapley, one game of all",
       .placeholder = "owen|shapley",
       .words = {"owen", "shapley"}},
      {.name = "method",
       .type = OptionType::kWord,
       .help = "Estimator: auto (default), exact, leverage, gp, proxy or permutation; from the inside of the model, "
               "features: deep (Deep SHAP), ig, gradient or input-x-gradient; of trees: tree",
       .placeholder = "METHOD",
       .words = methods,
       .fallback = "auto"},
      {.name = "budget",
       .type = OptionType::kCount,
       .help = "Features: most model evaluations per example; default 32 coalitions per player (--sage: 512)",
       .placeholder = "N",
       .least = 1},
      {.name = "tolerance",
       .type = OptionType::kPositiveNumber,
       .help = "Features: stop where all standard errors are below it (--sage: default 2.5 % of their range)",
       .placeholder = "ERROR"},
      {.name = "ig_steps",
       .type = OptionType::kCount,
       .help = "--method ig: a fixed number of Gauss-Legendre points, as peers take 50; default: as many as needed",
       .placeholder = "N",
       .least = 1},
      {.name = "tree_values",
       .type = OptionType::kWord,
       .help = "--method tree: interventional (default), over the background, or path-dependent, by the training rows",
       .placeholder = "interventional|path-dependent",
       .words = {"interventional", "path-dependent"}},
      {.name = "verify",
       .type = OptionType::kCount,
       .help = "--method deep, ig, gradient: compare the first N examples with their Shapley or Owen values",
       .placeholder = "N",
       .least = 1},
      target_option(),
      value_option(),
      background_option(),
      {.name = "interactions",
       .help = "Features: also what two add only together; modalities: also emap.gap, from all pairs of examples"},
      {.name = "interaction_index",
       .type = OptionType::kWord,
       .help = "Features: which interactions: k-sii (default; Shapley interaction index), stii or fsii",
       .placeholder = "k-sii|stii|fsii",
       .words = {pair_indices.begin(), pair_indices.end()}},
      {.name = "sage", .help = "Explain the mean loss over the whole set instead of each answer"},
      breakdown_option(),
      metric_option(),
      skip_invalid_option()};
}

std::vector<EngineVariant> variants() {
  return {{.name = "shap",
           .summary = "Shapley values of modalities: what each adds to an answer, and what they add together",
           .needs = "any model; a target class or output",
           .cost = "N (1 + (2^M - 1) B) with B background rows, N 2^M without; equal mixes once",
           .source = "Shapley 1953; Lundberg, Lee 2017; Wenderoth et al. 2025; Hu, Li, Zhou 2022"},
          {.name = "shap --level feature",
           .summary = "Shapley or Owen values of words, patches, columns, example by example",
           .needs = "any model; a target class or output",
           .cost = "--budget evaluations per example; each variant of a modality's data is encoded once",
           .source = "Owen 1977; Musco, Witter 2025; Parcalabescu, Frank 2023",
           .options = {{"level", "feature"}}},
          {.name = "shap --level feature --method deep",
           .summary = "Deep SHAP: the difference of two answers, passed back through the model's graph to its features",
           .needs = "a TorchScript model with derivatives; a value that is smooth",
           .cost = "about 2 forward and backward passes per background row, times M 2^M for 2 and 3 modalities",
           .source = "Lundberg, Lee 2017; Shrikumar, Greenside, Kundaje 2017; Owen 1977",
           .options = {{"level", "feature"}, {"method", "deep"}}},
          {.name = "shap --level feature --method ig",
           .summary = "integrated gradients, or expected gradients (--method gradient), of features",
           .needs = "a TorchScript model with derivatives; a value that is smooth",
           .cost = "--ig-steps passes per background row, else as many as the answer's bends ask for",
           .source = "Sundararajan, Taly, Yan 2017; Erion et al. 2021",
           .options = {{"level", "feature"}, {"method", "ig"}}},
          {.name = "shap --level feature --interactions",
           .summary = "what two features, such as a word and a patch, add only together, example by example",
           .needs = "any model; a target class or output",
           .cost = "within --budget; by default 64 evaluations per feature and background row more, up to 200 features",
           .source = "Grabisch, Roubens 1999; Sundararajan et al. 2020; Tsai et al. 2023; Bordt, von Luxburg 2023",
           .options = {{"level", "feature"}, {"interactions", true}}},
          {.name = "shap --method tree",
           .summary = "exact Shapley values and interactions of modalities, or columns, in models of trees",
           .needs = "an XGBoost or LightGBM model; value logit, or output of a regression",
           .cost = "no evaluations; time grows with rows, trees and leaves, and hardly with the background",
           .source = "Lundberg et al. 2020; Nadel, Wettenstein 2025",
           .options = {{"method", "tree"}}},
          {.name = "shap --sage",
           .summary = "what the loss over the whole set owes to each modality, or to features that all examples share",
           .needs = "any model, labels",
           .cost = "N 2^M; features: --budget evaluations per example, until the errors are small",
           .source = "Covert, Lundberg, Lee 2020; Wolter 2007",
           .options = {{"sage", true}}}};
}

}  // namespace

Engine shap_engine() {
  return {.name = "shap",
          .summary = "Shapley values: what each modality adds to an answer",
          .examples = {{"", "every modality of the nearest modattr.json"},
                       {"--value correct --target label", "in units of accuracy"},
                       {"--by label", "also class by class"},
                       {"--ids 17 --level feature", "the words and patches behind one answer"},
                       {"--ids 17 --level feature --interactions", "also which word and patch count only together"},
                       {"--ids 17 --level feature --method deep", "the same by Deep SHAP, in a few passes"},
                       {"--sage --level feature", "what the loss owes to each column"},
                       {"--out results", "scores.json, scores.csv and examples.jsonl in results/"}},
          .notes = value_help(),
          .options = schema(),
          .variants = variants(),
          .files = {"scores.json", "scores.csv", "examples.jsonl"},
          .check = check,
          .needs = needs,
          .make = make,
          .describe = describe,
          .costs = add_shap_costs};
}

}  // namespace modattr
