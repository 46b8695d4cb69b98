#pragma once

#include <span>
#include <vector>

#include "modattr/core/progress.h"
#include "modattr/core/value_function.h"
#include "modattr/stats/target.h"
#include "modattr/value/games/removal_rows.h"
#include "modattr/value/model_evaluator.h"

namespace modattr {

/// The game of modalities: v(S) = value(mean over the rows b of the background of prediction(f(x_S, b_rest))), one
/// number per target and example. A coalition that no background is needed for takes one evaluation per example.
class RemovalGame final : public ValueFunction {
 public:
  struct Parts {
    ModelEvaluator& evaluator;
    const Players& players;
    const RemovalRows& removal;
    /// The removal's, encoded by the evaluator.
    EncodedRows& rows;
    /// Read from the same evaluations; [targets], all of the same examples, which are all of the set.
    std::span<const Target> targets;
    Progress& progress;
  };
  /// Borrows everything for its lifetime.
  explicit RemovalGame(const Parts& parts) : parts_(parts) {}

  const Players& players() const noexcept override { return parts_.players; }
  std::size_t example_count() const noexcept override { return parts_.targets.front().example_count(); }
  std::size_t width() const noexcept override { return parts_.targets.size(); }
  Matrix evaluate(std::span<const Coalition> coalitions) override;
  std::size_t evaluation_count(std::span<const Coalition> coalitions) const override;

 private:
  class PredictionMeans;

  std::size_t draw_count(const Coalition& coalition) const;
  void add_predictions(const Coalition& coalition, std::size_t first_draw, std::size_t draw_count,
                       PredictionMeans& means);

  Parts parts_;
};

}  // namespace modattr
