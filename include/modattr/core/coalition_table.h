#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "modattr/core/value_function.h"

namespace modattr {

/// Remembers v per (example, coalition) in front of a value function, so that engines which ask for the same coalition
/// share one set of model evaluations. Holds one row of [example_count() * width()] doubles per distinct coalition.
class CoalitionTable final : public ValueFunction {
 public:
  /// Borrows `source`, which must outlive the table.
  explicit CoalitionTable(ValueFunction& source) : source_(source) {}

  const Players& players() const noexcept override { return source_.players(); }
  std::size_t example_count() const noexcept override { return source_.example_count(); }
  std::size_t width() const noexcept override { return source_.width(); }
  /// Asks the source once for the coalitions it does not know yet, repeated ones once.
  Matrix evaluate(std::span<const Coalition> coalitions) override;

  std::size_t evaluation_count(std::span<const Coalition> coalitions) const override {
    return source_.evaluation_count(coalitions);
  }

  /// Puts known values in, e.g. those of the full coalition, which no removal changes. `values`: [example_count() *
  /// width()].
  void insert(const Coalition& coalition, std::span<const double> values);

 private:
  ValueFunction& source_;
  std::unordered_map<Coalition, std::vector<double>> rows_;
};

}  // namespace modattr
