// An engine of one's own: what a modality's removal alone costs, v(all) - v(all but it), on a game of three modalities whose
// answers are a formula. Beside it modattr's exact Shapley values of the same game.

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <modattr/core/coalition.h>
#include <modattr/core/matrix.h>
#include <modattr/core/players.h>
#include <modattr/core/value_function.h>
#include <modattr/engines/shapley/estimators/exact_shapley.h>

namespace {

using modattr::Coalition;
using modattr::Matrix;
using modattr::Players;

/// v(S) of one example: the text says something alone, the picture only together with the question about it.
class FormulaGame final : public modattr::ValueFunction {
 public:
  const Players& players() const noexcept override { return players_; }
  std::size_t example_count() const noexcept override { return 1; }
  Matrix evaluate(std::span<const Coalition> coalitions) override {
    Matrix values(coalitions.size(), 1);
    for (std::size_t row = 0; row < coalitions.size(); ++row) {
      const Coalition& present = coalitions[row];
      values(row, 0) = 0.1 + (present.contains(1) ? 0.3 : 0.0) + (present.contains(0) && present.contains(1) ? 0.5 : 0.0) +
                       (present.contains(2) ? 0.05 : 0.0);
    }
    return values;
  }

 private:
  Players players_ = Players::whole(std::vector<std::string>{"picture", "text", "sound"});
};

/// Works on every game: a model behind it is asked in the same way.
std::vector<double> leave_one_out(modattr::ValueFunction& game) {
  const std::size_t count = game.players().count();
  std::vector<Coalition> asked = {Coalition::full(count)};
  for (std::size_t player = 0; player < count; ++player) asked.push_back(Coalition::full(count).without(player));
  const Matrix values = game.evaluate(asked);
  std::vector<double> losses;
  for (std::size_t player = 0; player < count; ++player) losses.push_back(values(0, 0) - values(1 + player, 0));
  return losses;
}

}  // namespace

int main() {
  FormulaGame game;
  const std::vector<double> losses = leave_one_out(game);
  // Every coalition, by the bits of its number.
  std::vector<Coalition> all;
  const std::size_t count = game.players().count();
  for (std::size_t bits = 0; bits < std::size_t{1} << count; ++bits) {
    Coalition present(count);
    for (std::size_t player = 0; player < count; ++player) {
      if ((bits >> player) % 2 == 1) present = present.with(player);
    }
    all.push_back(present);
  }
  const Matrix table = game.evaluate(all);
  const std::vector<double> shapley = modattr::shapley_values(table.values(), count);
  for (std::size_t player = 0; player < losses.size(); ++player) {
    std::printf("%-8s left out %.3f, Shapley value %.3f\n", game.players().label(player).c_str(), losses[player],
                shapley[player]);
  }
}
