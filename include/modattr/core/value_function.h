#pragma once

#include <cstddef>
#include <span>

#include "modattr/core/coalition.h"
#include "modattr/core/matrix.h"
#include "modattr/core/players.h"

namespace modattr {

/// v(S): what the model does, per example, when it sees only coalition S (Covert, Lundberg, Lee 2021). Pure: the same
/// coalition gives the same values in any order, batch or thread.
class ValueFunction {
 public:
  virtual ~ValueFunction() = default;
  virtual const Players& players() const noexcept = 0;
  virtual std::size_t example_count() const noexcept = 0;
  /// Numbers kept per example; 1 unless the target needs more (a multi-class ROC AUC keeps one score per class).
  virtual std::size_t width() const noexcept { return 1; }
  /// Returns v as [coalitions.size(), example_count() * width()].
  virtual Matrix evaluate(std::span<const Coalition> coalitions) = 0;
  /// Model evaluations that evaluate() asks for, equal ones counted as often as they are asked for.
  virtual std::size_t evaluation_count(std::span<const Coalition> coalitions) const {
    return coalitions.size() * example_count();
  }
};

}  // namespace modattr
