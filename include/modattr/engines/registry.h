#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "modattr/core/attributor.h"

namespace modattr {

/// An engine as `modattr engines` lists it.
struct EngineEntry {
  std::string_view name;
  /// What the scores say.
  std::string_view summary;
  /// What it asks of the model.
  std::string_view needs;
  /// Model evaluations, in N examples, M modalities, R repeats.
  std::string_view cost;
  /// The paper.
  std::string_view source;
  /// The engine with its default options.
  std::unique_ptr<Attributor> (*make)();
};

/// Every engine, in the order of the commands. A new engine is its header, its source and one entry here.
std::span<const EngineEntry> engine_registry() noexcept;

}  // namespace modattr
