#include "modattr/engines/registry.h"

#include <array>

#include "modattr/engines/permutation.h"

namespace modattr {

std::span<const EngineEntry> engine_registry() noexcept {
  static const std::array<EngineEntry, 1> entries = {{
      {.name = "permute",
       .summary = "how far the score falls when a modality's data comes from other examples",
       .needs = "any model, labels for the metric",
       .cost = "N (1 + 2 M R), two modalities N (1 + 2 R); --exact: M N^2, two modalities N^2; equal mixes once",
       .source = "Breiman 2001; Fisher, Rudin, Dominici 2019; Gat et al. 2021",
       .make = []() -> std::unique_ptr<Attributor> {
         return std::make_unique<PermutationImportance>(PermutationOptions{});
       }},
  }};
  return entries;
}

}  // namespace modattr
