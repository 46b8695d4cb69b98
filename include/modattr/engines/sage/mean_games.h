#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "modattr/core/coalition.h"
#include "modattr/core/example_games.h"
#include "modattr/core/matrix.h"

namespace modattr {

/// Games of means over examples that share their players: in the game of a sample, v(S) is the mean over its examples.
/// Seen as ExampleGames, with a sample in the place of an example. All samples are asked the same coalitions, and the
/// values of a coalition serve all of them: memory grows with coalitions times samples, not with the examples.
class MeanGames final : public ExampleGames {
 public:
  struct Parts {
    /// v of coalitions for every example, [coalitions, examples].
    std::function<Matrix(std::span<const Coalition> coalitions)> evaluate;
    std::size_t example_count = 0;
    /// Of the players that all examples share, [modalities][players].
    std::vector<std::vector<std::string>> labels;
    /// Examples of each sample, none of them empty.
    std::vector<std::vector<std::uint32_t>> samples;
    std::size_t evaluations_per_query = 1;
  };
  explicit MeanGames(Parts parts) : parts_(std::move(parts)) {}

  std::size_t example_count() const noexcept override { return parts_.samples.size(); }
  std::size_t modality_count() const noexcept override { return parts_.labels.size(); }
  const std::vector<std::string>& labels(std::size_t, std::size_t modality) override { return parts_.labels[modality]; }
  std::uint32_t key(std::size_t) const noexcept override { return 0; }
  bool are_players_shared() const noexcept override { return true; }
  std::vector<double> evaluate(std::span<const Query> queries) override;
  std::size_t evaluations_per_query() const noexcept override { return parts_.evaluations_per_query; }

 private:
  /// Evaluates coalitions that are not known yet for all samples.
  void learn(std::span<const Coalition> coalitions);

  Parts parts_;
  /// v of a coalition, [samples].
  std::unordered_map<Coalition, std::vector<double>> known_;
};

}  // namespace modattr
