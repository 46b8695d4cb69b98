#include "modattr/engines/registry.h"

#include <algorithm>
#include <vector>

#include "modattr/engines/permutation/permute_engine.h"
#include "modattr/engines/shap_engine.h"
#include "modattr/engines/surrogate/lime_engine.h"
#include "modattr/engines/trace/trace_engine.h"

namespace modattr {

std::span<const Engine> engine_registry() {
  static const std::vector<Engine> engines = {
      permute_engine(),
      shap_engine(),
      lime_engine(),
      trace_engine(),
  };
  return engines;
}

const Engine* find_engine(std::string_view name) {
  const std::span<const Engine> engines = engine_registry();
  const auto found = std::ranges::find(engines, name, &Engine::name);
  return found == engines.end() ? nullptr : &*found;
}

}  // namespace modattr
