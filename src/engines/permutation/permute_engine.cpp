#include "modattr/engines/permutation/permute_engine.h"

#include "modattr/engines/permutation/permutation.h"

namespace modattr {
namespace {

PermutationOptions engine_options(const OptionValues& options, const EngineSetting& setting) {
  return {.modalities = setting.modalities,
          .repeats = static_cast<std::uint32_t>(options.count("repeats").value_or(0)),
          .draws = options.flag("exact") ? PermutationDraws::kAllPairs : PermutationDraws::kRandom,
          .within = options.text("within"),
          .per_example = options.flag("per_example")};
}

EngineDescription describe(const OptionValues& options, const EngineSetting& setting) {
  EngineDescription description = Engine::describe_all(options, setting);
  if (options.flag("exact")) {
    description.in_force.front().second = {};
  } else {
    description.repeat_count = options.count("repeats");
  }
  return description;
}

void add_costs(CostFacts& facts, const std::function<void(EngineCost)>& add) {
  constexpr double kRepeats = 10.0;
  const auto modalities = static_cast<double>(facts.modality_count());
  const auto examples = static_cast<double>(facts.example_count());
  // "All but one" and "only this one" ask for the same mixes; with two modalities these two are those of the other,
  // too.
  const double coalitions = facts.modality_count() == 2 ? 1.0 : modalities;
  add({.run = "permute --repeats 10", .evaluations = facts.distinct_mixes(examples * (1.0 + kRepeats * coalitions))});
  if (!facts.has_mean_metric() || facts.example_count() < 2) return;
  double pairs = facts.distinct_mixes(examples);
  // The pairs of one of two modalities are those of the other.
  const std::size_t asked = facts.modality_count() == 2 ? 1 : facts.modality_count();
  for (std::size_t modality = 0; modality < asked; ++modality) pairs += facts.distinct_pairs(modality);
  add({.run = "permute --exact", .evaluations = pairs});
}

}  // namespace

Engine permute_engine() {
  return {.name = "permute",
          .summary = "Permutation importance: how far the score falls without a modality",
          .examples = {{"", "every modality of the nearest modattr.json"},
                       {"--modality text --repeats 30", "the text only, with smaller standard errors"},
                       {"--exact", "all pairs of examples: no Monte Carlo error, and emap.gap"},
                       {"--within label", "what a modality adds once the label is known"},
                       {"--format json --out results", "JSON here, scores.json and scores.csv in results/"}},
          .notes = metric_help(),
          .options = {{.name = "repeats",
                       .type = OptionType::kCount,
                       .help = "Random permutations per modality (default 10)",
                       .placeholder = "N",
                       .least = 1,
                       .most = 1000000,
                       .fallback = std::uint64_t{10}},
                      {.name = "exact",
                       .help = "Every ordered pair of examples instead of random permutations; adds emap.gap",
                       .excludes = {"repeats"}},
                      metric_option(),
                      {.name = "within",
                       .type = OptionType::kText,
                       .help = "Permute only among examples with the same label or the same value of a column",
                       .placeholder = "label|COLUMN"},
                      {.name = "per_example", .help = "Also the drop of every example, in examples.jsonl of --out DIR"},
                      skip_invalid_option()},
          .variants = {{.name = "permute",
                        .summary = "how far the score falls when a modality's data comes from other examples",
                        .needs = "any model, labels for the metric",
                        .cost = "N (1 + M R), two modalities N (1 + R); --exact: M N^2, two modalities N^2; equal "
                                "mixes once",
                        .source = "Breiman 2001; Fisher, Rudin, Dominici 2019; Gat et al. 2021"}},
          .files = {"scores.json", "scores.csv", "examples.jsonl"},
          .needs =
              [](const OptionValues& options) {
                return EngineNeeds{.game = GameKind::kPermutation,
                                   .column_option = "within",
                                   .shards = options.flag("exact") ? ShardUse::kFirstShard : ShardUse::kAllExamples};
              },
          .make = [](const OptionValues& options, const EngineSetting& setting) -> std::unique_ptr<Attributor> {
            return std::make_unique<PermutationImportance>(engine_options(options, setting));
          },
          .describe = describe,
          .costs = add_costs};
}

}  // namespace modattr
