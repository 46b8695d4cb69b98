#include "modattr/engines/shapley/estimators/shapley_methods.h"

#include <array>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/engines/shapley/estimators/auto_shapley.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/gp_shapley.h"
#include "modattr/engines/shapley/estimators/leverage_shapley.h"
#include "modattr/engines/shapley/estimators/permutation_shapley.h"
#include "modattr/engines/shapley/estimators/proxy_shapley.h"

namespace modattr {

std::unique_ptr<ShapleyEstimator> make_shapley_estimator(std::string_view name) {
  if (name == "auto") return std::make_unique<AutoShapley>();
  if (name == "exact") return std::make_unique<ExactShapley>();
  if (name == "leverage") return std::make_unique<LeverageShapley>();
  if (name == "gp") return std::make_unique<GpShapley>();
  if (name == "proxy") return std::make_unique<ProxyShapley>();
  if (name == "permutation") return std::make_unique<PermutationShapley>();
  throw ConfigError("method: unknown word '" + std::string(name) + "'" + suggestion(name, shapley_estimator_names()));
}

std::span<const std::string> shapley_estimator_names() {
  static const std::array<std::string, 6> names = {"auto", "exact", "leverage", "gp", "proxy", "permutation"};
  return names;
}

}  // namespace modattr
