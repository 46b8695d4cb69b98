#pragma once

#include <string_view>

#include "modattr/core/attribution.h"
#include "modattr/core/problem.h"
#include "modattr/core/rng.h"

namespace modattr {

/// Axioms that an engine promises; the axiom tests read them.
struct Guarantees {
  /// Attributions of an example sum to v(full) - v(empty).
  bool efficiency = false;
  /// Interchangeable players get equal scores.
  bool symmetry = false;
  /// A player that never changes v gets exactly 0.
  bool null_player = false;
};

/// An engine: turns a game into scores. Const: one engine can serve many problems.
class Attributor {
 public:
  virtual ~Attributor() = default;
  virtual std::string_view name() const noexcept = 0;
  virtual Guarantees guarantees() const noexcept = 0;
  virtual Attribution attribute(Problem& problem, const Rng& rng) const = 0;
};

}  // namespace modattr
