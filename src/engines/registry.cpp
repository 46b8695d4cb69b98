#include "modattr/engines/registry.h"

#include <array>

#include "modattr/engines/permutation/permutation.h"
#include "modattr/engines/sage/sage.h"
#include "modattr/engines/shapley/estimators/auto_shapley.h"
#include "modattr/engines/shapley/feature_shapley.h"
#include "modattr/engines/shapley/modality_shapley.h"
#include "modattr/engines/surrogate/local_surrogate.h"

namespace modattr {

std::span<const EngineEntry> engine_registry() noexcept {
  static const std::array<EngineEntry, 5> entries = {{
      {.name = "permute",
       .summary = "how far the score falls when a modality's data comes from other examples",
       .needs = "any model, labels for the metric",
       .cost = "N (1 + 2 M R), two modalities N (1 + 2 R); --exact: M N^2, two modalities N^2; equal mixes once",
       .source = "Breiman 2001; Fisher, Rudin, Dominici 2019; Gat et al. 2021",
       .make = []() -> std::unique_ptr<Attributor> {
         return std::make_unique<PermutationImportance>(PermutationOptions{});
       }},
      {.name = "shap",
       .summary = "Shapley values of modalities: what each adds to an answer, and what they add together",
       .needs = "any model; a target class or output",
       .cost = "N (1 + (2^M - 1) B) with B background rows, N 2^M without; equal mixes once",
       .source = "Shapley 1953; Lundberg, Lee 2017; Wenderoth et al. 2025; Hu, Li, Zhou 2022",
       .make = []() -> std::unique_ptr<Attributor> {
         return std::make_unique<ModalityShapley>(ModalityShapleyOptions{});
       }},
      {.name = "shap --level feature",
       .summary = "Shapley or Owen values of words, patches, columns, example by example",
       .needs = "any model; a target class or output",
       .cost = "--budget evaluations per example; each variant of a modality's data is encoded once",
       .source = "Owen 1977; Musco, Witter 2025; Parcalabescu, Frank 2023",
       .make = []() -> std::unique_ptr<Attributor> {
         return std::make_unique<FeatureShapley>(
             FeatureShapleyOptions{.estimator = std::make_shared<const AutoShapley>()});
       }},
      {.name = "shap --sage",
       .summary = "what the loss over the whole set owes to each modality, or to features that all examples share",
       .needs = "any model, labels",
       .cost = "N 2^M; features: --budget evaluations per example, until the errors are small",
       .source = "Covert, Lundberg, Lee 2020; Wolter 2007",
       .make = []() -> std::unique_ptr<Attributor> {
         return std::make_unique<Sage>(SageOptions{.estimator = std::make_shared<const AutoShapley>()});
       }},
      {.name = "lime",
       .summary = "a simple model of words, patches, columns and pairs of them around each example",
       .needs = "any model; a target class or output",
       .cost = "--budget evaluations per example; each variant of a modality's data is encoded once",
       .source = "Ribeiro, Singh, Guestrin 2016; Hoerl, Kennard 1970; Tibshirani 1996; Breiman et al. 1984",
       .make = []() -> std::unique_ptr<Attributor> {
         return std::make_unique<LocalSurrogate>(LocalSurrogateOptions{});
       }},
  }};
  return entries;
}

}  // namespace modattr
