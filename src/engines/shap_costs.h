#pragma once

#include <functional>

#include "modattr/engines/engine.h"

namespace modattr {

/// What shap costs, of modalities, features and pairs; nothing where modalities are too many to enumerate.
void add_shap_costs(CostFacts& facts, const std::function<void(EngineCost)>& add);

}  // namespace modattr
