#include "modattr/graph_engines/tree_contributions.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/model/tree_model.h"

namespace modattr {
namespace {

/// Examples that are solved at a time.
constexpr std::size_t kExamplesPerSolution = 8192;
/// Numbers of pairs that are held at a time.
constexpr std::size_t kPairNumbersPerSolution = std::size_t{1} << 24;

std::size_t width_of(const Array& array) {
  std::size_t width = 1;
  for (std::size_t axis = 1; axis < array.shape.size(); ++axis) width *= static_cast<std::size_t>(array.shape[axis]);
  return width;
}

/// Calls visit(column) for every column of an input of `width` columns that belongs to the part.
template <typename Visit>
void for_each_column(const InputPart& part, std::size_t width, const Visit& visit) {
  if (part.columns.empty()) {
    for (std::size_t column = 0; column < width; ++column) visit(column);
  }
  for (const ColumnRange& range : part.columns) {
    for (std::int64_t column = range.first; column < range.end; ++column) visit(static_cast<std::size_t>(column));
  }
}

std::size_t pair_index(std::size_t first, std::size_t second, std::size_t count) {
  return first * count - first * (first + 1) / 2 + second - first - 1;
}

}  // namespace

TreeContributions::TreeContributions(Parts parts, const ContributionRequest& request)
    : parts_(std::move(parts)), request_(request), modality_count_(parts_.layout.modalities.count()) {
  if (request.method != ContributionMethod::kTreeInterventional &&
      request.method != ContributionMethod::kTreePathDependent) {
    throw ConfigError(option("method") +
                      ": expected tree, or one that asks any model, as a model of trees has no "
                      "gradients, got one that follows a graph");
  }
  std::size_t column = 0;
  for (std::size_t input = 0; input < parts_.layout.inputs.size(); ++input) {
    first_columns_.push_back(column);
    column += width_of(parts_.dataset.input(input));
  }
  if (request.method == ContributionMethod::kTreePathDependent && !parts_.ensemble.has_covers) {
    throw ConfigError(option("tree_values") +
                      ": expected interventional, as the model file does not say how many training rows went which way "
                      "in its trees, got path-dependent");
  }
}

TreeContributions::Game TreeContributions::empty_game() const {
  Game game;
  game.options.player_of_column.assign(parts_.ensemble.column_count, kNoTreePlayer);
  game.options.are_pairs_asked = request_.are_pairs_asked;
  game.options.thread_count = parts_.thread_count;
  return game;
}

TreeContributions::Game TreeContributions::modality_game() const {
  Game game = empty_game();
  game.options.player_count = modality_count_;
  for (std::size_t input = 0; input < parts_.layout.inputs.size(); ++input) {
    for (const InputPart& part : parts_.layout.inputs[input].parts) {
      for_each_column(part, width_of(parts_.dataset.input(input)), [&](std::size_t column) {
        game.options.player_of_column[first_columns_[input] + column] = static_cast<std::uint32_t>(part.modality);
      });
    }
  }
  game.modality_of_player.resize(modality_count_);
  std::iota(game.modality_of_player.begin(), game.modality_of_player.end(), 0U);
  return game;
}

TreeContributions::Game TreeContributions::feature_game(std::uint32_t example) const {
  Game game = empty_game();
  for (std::size_t modality = 0; modality < modality_count_; ++modality) {
    const std::shared_ptr<const PlayerLayout> layout = parts_.segmentations[modality]->layout(example);
    const std::size_t first_player = game.modality_of_player.size();
    for (std::size_t place = 0; place < layout->inputs.size(); ++place) {
      const std::size_t first_column = first_columns_[parts_.inputs[modality][place]];
      for (const PlayerRun& run : layout->inputs[place]) {
        if (!run.player) continue;
        for (std::size_t column = run.first; column < run.first + run.count; ++column) {
          game.options.player_of_column[first_column + column] = static_cast<std::uint32_t>(first_player + *run.player);
        }
      }
    }
    game.modality_of_player.resize(first_player + layout->labels.size(), static_cast<std::uint32_t>(modality));
  }
  game.options.player_count = game.modality_of_player.size();
  if (request_.is_owen) game.options.union_of_player = game.modality_of_player;
  return game;
}

std::vector<double> TreeContributions::rows_of(std::span<const std::uint32_t> examples) const {
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < parts_.layout.inputs.size(); ++input) {
    inputs.push_back(parts_.dataset.gather(input, examples));
  }
  const at::Tensor rows = columns_side_by_side(inputs);
  const auto* const numbers = rows.data_ptr<double>();
  return {numbers, numbers + rows.numel()};
}

std::vector<std::uint32_t> TreeContributions::baseline_rows(std::uint32_t example) const {
  std::vector<std::uint32_t> rows;
  for (std::size_t modality = 0; modality < modality_count_; ++modality) {
    if (!parts_.removal.uses_background(modality)) rows.push_back(parts_.removal.row(modality, 0, example));
  }
  return rows;
}

std::vector<double> TreeContributions::background_of(std::uint32_t example) const {
  const std::size_t draw_count = parts_.removal.draw_count();
  const std::size_t column_count = parts_.ensemble.column_count;
  const auto example_count = static_cast<std::uint32_t>(parts_.dataset.example_count());
  std::vector<double> background(draw_count * column_count);
  for (std::size_t input = 0; input < parts_.layout.inputs.size(); ++input) {
    for (const InputPart& part : parts_.layout.inputs[input].parts) {
      for (std::size_t draw = 0; draw < draw_count; ++draw) {
        const std::uint32_t row = parts_.removal.row(part.modality, draw, example);
        const std::uint32_t synthetic = row - example_count;
        const at::Tensor data = columns_side_by_side(std::vector<at::Tensor>{
            row < example_count ? parts_.dataset.gather(input, std::span(&row, 1))
                                : parts_.removal.gather(input, part.modality, std::span(&synthetic, 1))});
        const double* const numbers = data.data_ptr<double>();
        for_each_column(part, width_of(parts_.dataset.input(input)), [&](std::size_t column) {
          background[draw * column_count + first_columns_[input] + column] = numbers[column];
        });
      }
    }
  }
  return background;
}

ExampleContributions TreeContributions::contributions_of(const Game& game, const TreeValues& values, std::size_t row,
                                                         double sign) const {
  ExampleContributions result;
  result.value_full = sign * values.full[row];
  result.value_empty = sign * values.empty[row];
  result.modalities.assign(modality_count_, 0.0);
  const std::span<const double> found = values.values.row(row);
  for (std::size_t player = 0; player < found.size(); ++player) {
    result.modalities[game.modality_of_player[player]] += sign * found[player];
    if (!request_.are_modalities_players) result.players.push_back(sign * found[player]);
  }
  result.std_errors.assign(result.players.size(), 0.0);
  if (!request_.are_pairs_asked) return result;
  result.modality_pairs.assign(modality_count_ * (modality_count_ - 1) / 2, 0.0);
  for (const double pair : values.pairs.row(row)) result.pairs.push_back(sign * pair);
  std::size_t pair = 0;
  for (std::size_t first = 0; first < found.size(); ++first) {
    for (std::size_t second = first + 1; second < found.size(); ++second, ++pair) {
      const std::size_t one = game.modality_of_player[first];
      const std::size_t other = game.modality_of_player[second];
      if (one != other) result.modality_pairs[pair_index(one, other, modality_count_)] += result.pairs[pair];
    }
  }
  return result;
}

void TreeContributions::solve(const Game& game, std::span<const std::uint32_t> examples) {
  const bool is_path_dependent = request_.method == ContributionMethod::kTreePathDependent;
  const std::vector<double> rows = rows_of(examples);
  std::vector<std::uint32_t> outputs;
  for (const std::uint32_t example : examples) {
    const std::uint32_t target = parts_.target.target_class(example);
    outputs.push_back(parts_.ensemble.output_count() == 1 ? 0 : target);
  }
  const TreeShap shap(parts_.ensemble, game.options);
  const TreeValues values = is_path_dependent ? shap.path_dependent(rows, outputs)
                                              : shap.interventional(rows, outputs, background_of(examples.front()));
  for (std::size_t row = 0; row < examples.size(); ++row) {
    // One logit is that of the second class.
    const bool is_negative = parts_.value == ValueKind::kLogit && parts_.kind == OutputKind::kLogits &&
                             parts_.ensemble.output_count() == 1 && parts_.target.target_class(examples[row]) == 0;
    solved_[examples[row] - solved_first_] = contributions_of(game, values, row, is_negative ? -1.0 : 1.0);
  }
}

void TreeContributions::solve_from(std::uint32_t first) {
  const bool is_shared = request_.are_modalities_players ||
                         std::ranges::all_of(parts_.segmentations, [](const auto& one) { return one->is_shared(); });
  const Game first_game = request_.are_modalities_players ? modality_game() : feature_game(first);
  const std::size_t player_count = first_game.options.player_count;
  std::size_t count = kExamplesPerSolution;
  if (request_.are_pairs_asked) {
    count = std::clamp<std::size_t>(kPairNumbersPerSolution / std::max<std::size_t>(player_count * player_count, 1), 1,
                                    count);
  }
  count = std::min(count, parts_.dataset.example_count() - first);
  solved_first_ = first;
  solved_.assign(count, {});
  // Examples with the same players and the same rows for removed data are solved together.
  std::map<std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>>, std::vector<std::uint32_t>> groups;
  for (std::uint32_t example = first; example < first + count; ++example) {
    std::vector<std::uint32_t> players;
    if (!is_shared) players = feature_game(example).options.player_of_column;
    const bool needs_background = request_.method != ContributionMethod::kTreePathDependent;
    groups[{players, needs_background ? baseline_rows(example) : std::vector<std::uint32_t>()}].push_back(example);
  }
  for (const auto& [key, examples] : groups) solve(is_shared ? first_game : feature_game(examples.front()), examples);
}

std::vector<ExampleContributions> TreeContributions::explain(std::uint32_t first, std::size_t count) {
  std::vector<ExampleContributions> result;
  for (auto example = first; example < first + count; ++example) {
    if (example < solved_first_ || example >= solved_first_ + solved_.size()) solve_from(example);
    result.push_back(solved_[example - solved_first_]);
  }
  return result;
}

}  // namespace modattr
