#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "modattr/engines/registry.h"

namespace modattr {

/// An engine as a user gets it by a variant's options.
struct EngineInUse {
  const Engine* engine;
  const EngineVariant* variant;

  std::unique_ptr<Attributor> make() const {
    OptionValues options(engine->options);
    for (const auto& [name, value] : variant->options) options.set(name, value);
    return engine->make(options, EngineSetting{});
  }
  /// The variant's name, of letters and underscores.
  std::string test_name() const {
    std::string name(variant->name);
    for (char& letter : name) {
      if (letter == ' ' || letter == '-') letter = '_';
    }
    return name;
  }
};

/// Every variant of every engine of the registry.
inline std::vector<EngineInUse> every_engine() {
  std::vector<EngineInUse> engines;
  for (const Engine& engine : engine_registry()) {
    for (const EngineVariant& variant : engine.variants) {
      // Methods that look inside of a model are tested where there is one (tests/graph_engines, tests/trees).
      OptionValues options(engine.options);
      for (const auto& [name, value] : variant.options) options.set(name, value);
      const bool asks_trees = std::ranges::find(variant.options, std::pair<std::string, OptionValue>(
                                                                     "method", "tree")) != variant.options.end();
      if (engine.needs(options).looks_inside || asks_trees) continue;
      engines.push_back({&engine, &variant});
    }
  }
  return engines;
}

}  // namespace modattr
