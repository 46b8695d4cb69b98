#pragma once

#include <string_view>

#include "modattr/core/attribution.h"
#include "modattr/core/evaluated_examples.h"
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

/// An engine: turns a game into scores, in two steps. Const: one engine can serve many problems.
class Attributor {
 public:
  virtual ~Attributor() = default;
  /// One word, or several joined by dots, that no other engine has.
  virtual std::string_view name() const noexcept = 0;
  virtual Guarantees guarantees() const noexcept = 0;
  /// Asks the model all that the scores need of it, and reports progress.
  virtual EvaluatedExamples evaluate(Problem& problem, const Rng& rng) const = 0;
  /// The scores, without the model. `evaluated`: of all examples of the problem and no others, in one piece or merged
  /// from several, by this engine with the same options and random numbers; DataError where it is not.
  virtual Attribution summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const = 0;

  /// Both steps.
  Attribution attribute(Problem& problem, const Rng& rng) const {
    return summarise(evaluate(problem, rng), problem, rng);
  }
};

}  // namespace modattr
