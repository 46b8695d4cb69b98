#include "modattr/engines/surrogate/lime_engine.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/budget_error.h"
#include "modattr/engines/surrogate/local_solver.h"
#include "modattr/engines/surrogate/local_surrogate.h"

namespace modattr {
namespace {

/// Modalities whose costs `inspect` tells: more have no feature level.
constexpr std::size_t kMostModalitiesWithCosts = 12;

bool is_tree(const OptionValues& options) {
  return options.text("surrogate") == "tree";
}

/// A tree that takes the players it has questions for.
bool chooses_itself(const OptionValues& options) {
  return is_tree(options) && options.text("selection") == "auto";
}

/// Throws ConfigError for an option that says nothing about the surrogate asked for.
void check(const OptionValues& options) {
  if (is_tree(options) && options.is_given("alpha")) {
    throw ConfigError(option("alpha") + ": expected " + option("surrogate") + " ridge or lasso, got tree");
  }
  if (!is_tree(options) && options.is_given("depth")) {
    throw ConfigError(option("depth") + ": expected " + option("surrogate") + " tree, got " +
                      *options.text("surrogate"));
  }
  if (options.is_given("top_k") && chooses_itself(options)) {
    throw ConfigError(option("top_k") + ": expected a " + option("selection") + " with " + option("surrogate") +
                      " tree, which chooses players itself; " + option("depth") + " makes it smaller");
  }
}

/// lime's tables are compared by Euclidean distance, its texts and images by cosine.
Similarity default_similarity(const EngineSetting& setting) {
  for (std::size_t modality = 0; modality < setting.kinds.size(); ++modality) {
    const bool plays =
        setting.modalities.empty() || std::ranges::find(setting.modalities, modality) != setting.modalities.end();
    if (plays && setting.kinds[modality] != "columns") return Similarity::kCosine;
  }
  return Similarity::kEuclidean;
}

LocalSurrogateOptions engine_options(const OptionValues& options, const EngineSetting& setting) {
  const std::optional<std::string> similarity = options.text("similarity");
  LocalSurrogateOptions result{
      .modalities = setting.modalities,
      .size = options.text("budget") ? NeighbourhoodSize::kAll : NeighbourhoodSize::kSampled,
      .budget = options.count("budget"),
      .similarity = similarity ? parse_similarity(*similarity) : default_similarity(setting),
      .kernel_width = options.number("kernel_width"),
      .surrogate = {.kind = parse_surrogate(*options.text("surrogate")),
                    .alpha = options.number("alpha"),
                    .selection = parse_column_selection(*options.text("selection")),
                    .pairs = options.flag("pairs") ? PairSearch::kAcrossModalities : PairSearch::kNone},
      .breakdown = options.text("by")};
  if (const auto depth = options.count("depth")) result.surrogate.depth = *depth;
  if (const auto top_k = options.count("top_k")) result.surrogate.top_k = *top_k;
  for (const std::string& kind : setting.kinds) {
    result.draws.push_back(kind == "tokens" ? NeighbourDraw::kUniformCount : NeighbourDraw::kFairCoins);
  }
  return result;
}

/// In words, where it depends on the example's players.
OptionValue default_width(Similarity similarity) {
  if (similarity == Similarity::kEuclidean) return "0.75 sqrt(players)";
  return default_kernel_width(similarity, 1);
}

EngineDescription describe(const OptionValues& options, const EngineSetting& setting) {
  const LocalSurrogateOptions engine = engine_options(options, setting);
  EngineDescription description = Engine::describe_all(options, setting);
  for (auto& [name, value] : description.in_force) {
    if (name == "similarity") value = similarity_names()[static_cast<std::size_t>(engine.similarity)];
    if (name == "budget" && !options.is_given(name))
      value = std::to_string(kUsualCoalitions) + " coalitions, " + std::to_string(kUsualCoalitionsOfAllRows) +
              " where each takes all rows of the background";
    if (name == "kernel_width" && !options.is_given(name)) value = default_width(engine.similarity);
    if (name == "alpha") value = is_tree(options) ? OptionValue() : OptionValue(penalty(engine.surrogate));
    if (name == "depth") value = is_tree(options) ? OptionValue(std::uint64_t{engine.surrogate.depth}) : OptionValue();
    if (name == "top_k" && chooses_itself(options)) value = {};
    if (name == "top_k" && !chooses_itself(options)) value = std::uint64_t{engine.surrogate.top_k};
  }
  description.method = *options.text("surrogate");
  return description;
}

/// One example's surrogate with the usual budget: sampled coalitions of all players with a part of the background's
/// rows, or every coalition with all of them. Each of a coalition's rows is one more row for every encoder.
void add_costs(CostFacts& facts, const std::function<void(EngineCost)>& add) {
  if (facts.modality_count() > kMostModalitiesWithCosts) return;
  const std::vector<double> counts = facts.player_counts();
  const double all_coalitions = std::exp2(std::accumulate(counts.begin(), counts.end(), 0.0));
  const auto rows = static_cast<std::size_t>(facts.background_rows());
  const std::size_t sampled_rows = facts.is_value_linear() ? std::min(kRowsPerCoalition, rows) : rows;
  const std::size_t usual = sampled_rows <= kRowsPerCoalition ? kUsualCoalitions : kUsualCoalitionsOfAllRows;
  const double evaluations = all_coalitions <= static_cast<double>(usual)
                                 ? all_coalitions * static_cast<double>(rows)
                                 : static_cast<double>(evaluations_of(usual, rows, sampled_rows));
  EngineCost cost{.run = "lime, one example", .evaluations = evaluations};
  for (const double count : counts) {
    cost.encoder_rows.push_back(std::min(evaluations, std::exp2(count) * static_cast<double>(rows)));
  }
  add(std::move(cost));
}

std::vector<std::string> words(std::span<const std::string> names) {
  return {names.begin(), names.end()};
}

std::vector<OptionSchema> schema() {
  return {{.name = "budget",
           .type = OptionType::kCount,
           .help = "Most model evaluations per example, or all = every coalition once; default 1,000 coalitions, 512 "
                   "where each takes all rows of the background",
           .placeholder = "N|all",
           .words = {"all"},
           .least = 1},
          {.name = "similarity",
           .type = OptionType::kWord,
           .help = "Distance of a coalition: cosine (default) or euclidean (default for columns) on its players, "
                   "input-cosine on the model's inputs, encoder on its encodings",
           .placeholder = "NAME",
           .words = words(similarity_names())},
          {.name = "kernel_width",
           .type = OptionType::kPositiveNumber,
           .help = "Width of the kernel sqrt(exp(-d^2/width^2)); default cosine and encoder 0.25, euclidean 0.75 "
                   "sqrt(players), input-cosine 1",
           .placeholder = "WIDTH"},
          {.name = "surrogate",
           .type = OptionType::kWord,
           .help = "The simple model: ridge (default), lasso or tree",
           .placeholder = "ridge|lasso|tree",
           .words = words(surrogate_names()),
           .fallback = "ridge"},
          {.name = "alpha",
           .type = OptionType::kPositiveNumber,
           .help = "Penalty of ridge (default 1) or lasso (default 0.01)",
           .placeholder = "ALPHA"},
          {.name = "depth",
           .type = OptionType::kCount,
           .help = "Most questions of a tree before an answer (default 5)",
           .placeholder = "N",
           .least = 1,
           .most = 12},
          {.name = "selection",
           .type = OptionType::kWord,
           .help = "How players are chosen: auto (default: forward up to 6, else highest; a tree chooses itself), "
                   "forward, highest, lasso_path or none = all",
           .placeholder = "NAME",
           .words = words(column_selection_names()),
           .fallback = "auto"},
          {.name = "top_k",
           .type = OptionType::kCount,
           .help = "Most players and pairs of the simple model (default 10); --selection none keeps every player",
           .placeholder = "K",
           .least = 1},
          {.name = "pairs", .help = "Also pairs of players of different modalities, such as a word with a patch"},
          target_option(),
          value_option(),
          background_option(),
          breakdown_option(),
          metric_option(),
          skip_invalid_option()};
}

}  // namespace

Engine lime_engine() {
  return {.name = "lime",
          .summary = "A simple model around each example: LIME across modalities",
          .examples = {{"--ids 17", "the words and patches behind one answer"},
                       {"--ids 17 --pairs", "also words that count only together with a patch"},
                       {"--ids 17 --surrogate tree", "the answer as a few rules"},
                       {"--modality text --budget all", "every coalition of words, images untouched"},
                       {"--examples 200 --out results", "scores.json, scores.csv and examples.jsonl in results/"}},
          .modality_help = "Let the players of these modalities play only; the others stay untouched",
          .options = schema(),
          .variants = {{.name = "lime",
                        .summary = "a simple model of words, patches, columns and pairs of them around each example",
                        .needs = "any model; a target class or output",
                        .cost = "--budget evaluations per example; each variant of a modality's data is encoded once",
                        .source = "Ribeiro, Singh, Guestrin 2016; Hoerl, Kennard 1970; Tibshirani 1996; Breiman et "
                                  "al. 1984"}},
          .files = {"scores.json", "scores.csv", "examples.jsonl"},
          .check = check,
          .needs = [](const OptionValues&) { return EngineNeeds{.game = GameKind::kFeatures, .column_option = "by"}; },
          .make = [](const OptionValues& options, const EngineSetting& setting) -> std::unique_ptr<Attributor> {
            return std::make_unique<LocalSurrogate>(engine_options(options, setting));
          },
          .describe = describe,
          .costs = add_costs};
}

}  // namespace modattr
