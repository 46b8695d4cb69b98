#include "modattr/value/games/pair_outcomes.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "modattr/core/matrix.h"
#include "modattr/value/mixes/pair_grid.h"
#include "modattr/value/parallel_calls.h"

namespace modattr {
namespace {

constexpr std::size_t kPartsPerPiece = 16;
constexpr std::size_t kOutputBytes = std::size_t{1} << 25;

/// Outputs of a stretch of the places of a grid.
struct Outputs {
  std::size_t first_place = 0;
  std::size_t place_count = 0;
  std::size_t width = 0;
  std::vector<double> values;

  std::size_t end_place() const { return first_place + place_count; }
  std::span<const double> at(std::size_t place) const {
    return std::span(values).subspan((place - first_place) * width, width);
  }
};

/// Parts first ... end - 1.
struct PartRange {
  std::size_t first = 0;
  std::size_t end = 0;
};

/// Calls work(range) for all parts, piece by piece, each on one thread.
void for_each_piece(std::size_t part_count, std::size_t thread_count, const std::function<void(PartRange)>& work) {
  parallel_model_calls((part_count + kPartsPerPiece - 1) / kPartsPerPiece, thread_count, [&](std::size_t piece) {
    const std::size_t first = piece * kPartsPerPiece;
    work({first, std::min(part_count, first + kPartsPerPiece)});
  });
}

/// Whether outputs are summed, too, for the additive projection.
enum class Projection { kNone, kAdditive };

/// What the outputs of a grid sum up to, seen from the side that keeps its own parts and from the side of the donors.
/// Every sum belongs to one piece of work, which adds in the order of the grid.
class GridSums {
 public:
  GridSums(const PairProblem& problem, const PairGrid& grid, Projection projection)
      : problem_(problem),
        grid_(grid),
        width_(problem.evaluator.output_width()),
        own_(problem.example_count, 0.0),
        donor_(problem.example_count, 0.0) {
    if (projection == Projection::kNone) return;
    for (const PairGrid::Block& block : grid.blocks()) {
      own_outputs_.emplace_back(block.own.size(), width_);
      donor_outputs_.emplace_back(block.donor.size(), width_);
    }
  }

  /// Adds outcomes of mixes in which an example has the own side.
  void add_own(const Outputs& outputs) {
    for_each_block(outputs, [&](std::size_t index, const PairGrid::Block& block) {
      const PartRange rows = own_parts_inside(block, outputs);
      for_each_piece(rows.end - rows.first, problem_.evaluator.thread_count(), [&](PartRange own_parts) {
        for (std::size_t own = rows.first + own_parts.first; own < rows.first + own_parts.end; ++own) {
          const std::size_t row = block.first_place + own * block.donor.size();
          for_each_donor(outputs, row, {0, block.donor.size()}, [&](std::size_t donor) {
            const std::span<const double> output = outputs.at(row + donor);
            const std::size_t donor_count = block.donor.examples(donor).size();
            if (!own_outputs_.empty()) add_outputs(own_outputs_[index].row(own), donor_count, output);
            add_outcomes(own_, block.own.examples(own), output, [&](std::uint32_t example) {
              return donor_count - (grid_.position(example).donor == donor ? 1 : 0);
            });
          });
        }
      });
    });
  }

  /// Adds outcomes of mixes in which an example has the donor side.
  void add_donor(const Outputs& outputs) {
    for_each_block(outputs, [&](std::size_t index, const PairGrid::Block& block) {
      const PartRange rows = own_parts_inside(block, outputs);
      for_each_piece(block.donor.size(), problem_.evaluator.thread_count(), [&](PartRange donor_parts) {
        for (std::size_t own = rows.first; own < rows.end; ++own) {
          const std::size_t row = block.first_place + own * block.donor.size();
          const std::size_t own_count = block.own.examples(own).size();
          for_each_donor(outputs, row, donor_parts, [&](std::size_t donor) {
            const std::span<const double> output = outputs.at(row + donor);
            if (!donor_outputs_.empty()) add_outputs(donor_outputs_[index].row(donor), own_count, output);
            add_outcomes(donor_, block.donor.examples(donor), output, [&](std::uint32_t example) {
              return own_count - (grid_.position(example).own == own ? 1 : 0);
            });
          });
        }
      });
    });
  }

  std::vector<double>& own() noexcept { return own_; }
  std::vector<double>& donor() noexcept { return donor_; }

  /// Outcome of the additive projection of every example.
  std::vector<double> projected_outcomes() const {
    std::vector<double> result(problem_.clean.begin(), problem_.clean.end());
    std::vector<double> projected(width_);
    for (std::size_t index = 0; index < grid_.blocks().size(); ++index) {
      const PairGrid::Block& block = grid_.blocks()[index];
      const auto count = static_cast<double>(block.example_count);
      std::vector<double> total(width_, 0.0);
      for (std::size_t own = 0; own < block.own.size(); ++own) {
        add_outputs(total, block.own.examples(own).size(), own_outputs_[index].row(own));
      }
      for (const std::uint32_t example : block.own.grouped) {
        const std::span<const double> own = own_outputs_[index].row(grid_.position(example).own);
        const std::span<const double> donor = donor_outputs_[index].row(grid_.position(example).donor);
        for (std::size_t output = 0; output < width_; ++output) {
          projected[output] = own[output] / count + donor[output] / count - total[output] / (count * count);
        }
        problem_.metric.outcome(projected, example, std::span(result).subspan(example, 1));
      }
    }
    return result;
  }

 private:
  /// Blocks with places in the stretch.
  template <typename Work>
  void for_each_block(const Outputs& outputs, const Work& work) {
    for (std::size_t index = 0; index < grid_.blocks().size(); ++index) {
      const PairGrid::Block& block = grid_.blocks()[index];
      if (block.first_place < outputs.end_place() && block.first_place + block.place_count() > outputs.first_place) {
        work(index, block);
      }
    }
  }

  /// Rows of the block's grid, one per own part, that have places in the stretch.
  static PartRange own_parts_inside(const PairGrid::Block& block, const Outputs& outputs) {
    const std::size_t first = std::max(outputs.first_place, block.first_place) - block.first_place;
    const std::size_t end = std::min(outputs.end_place() - block.first_place, block.place_count());
    return {first / block.donor.size(), (end + block.donor.size() - 1) / block.donor.size()};
  }

  /// Donor parts of a row of the grid whose places are in the stretch.
  template <typename Work>
  static void for_each_donor(const Outputs& outputs, std::size_t row, PartRange parts, const Work& work) {
    const std::size_t first = std::max(row + parts.first, outputs.first_place);
    const std::size_t end = std::min(row + parts.end, outputs.end_place());
    for (std::size_t place = first; place < end; ++place) work(place - row);
  }

  static void add_outputs(std::span<double> sums, std::size_t count, std::span<const double> output) {
    for (std::size_t index = 0; index < sums.size(); ++index) sums[index] += static_cast<double>(count) * output[index];
  }

  template <typename CountOf>
  void add_outcomes(std::vector<double>& sums, std::span<const std::uint32_t> examples, std::span<const double> output,
                    const CountOf& count_of) const {
    thread_local std::vector<double> outcomes;
    outcomes.resize(examples.size());
    problem_.metric.outcomes(output, examples, outcomes);
    for (std::size_t place = 0; place < examples.size(); ++place) {
      const std::uint32_t example = examples[place];
      const std::size_t count = count_of(example);
      if (count > 0) sums[example] += static_cast<double>(count) * (outcomes[place] - problem_.clean[example]);
    }
  }

  const PairProblem& problem_;
  const PairGrid& grid_;
  std::size_t width_;
  std::vector<double> own_;
  std::vector<double> donor_;
  /// Per block, sums of outputs for the projection, [own parts, outputs] and [donor parts, outputs].
  std::vector<Matrix> own_outputs_;
  std::vector<Matrix> donor_outputs_;
};

PairGrid make_grid(const PairProblem& problem, const Coalition& own) {
  if (problem.evaluator.sharing() == MixSharing::kNone) return PairGrid(problem.strata, problem.example_count);
  return PairGrid(problem.evaluator.modality_rows(), own, problem.strata, problem.example_count);
}

/// Evaluates all places of a grid, stretch by stretch.
template <typename Use>
void evaluate_grid(const PairProblem& problem, const PairGrid& grid, const Coalition& own, Progress& progress,
                   const Use& use) {
  Outputs outputs{.width = problem.evaluator.output_width(), .values = {}};
  const std::size_t most_places = std::max<std::size_t>(kOutputBytes / (outputs.width * sizeof(double)), 1);
  const auto write = [&](std::size_t index, MixedRows& rows, std::size_t row) {
    const PairGrid::Pair pair = grid.pair(outputs.first_place + index);
    rows.own[row] = pair.own_example;
    for (std::size_t modality = 0; modality < problem.modality_count; ++modality) {
      rows.by_modality[modality][row] = own.contains(modality) ? pair.own_example : pair.donor_example;
    }
  };
  for (; outputs.first_place < grid.place_count(); outputs.first_place += outputs.place_count) {
    // Whole calls, at least one for every thread; their size may have grown since the last stretch.
    const std::size_t call_size = problem.evaluator.rows_per_call();
    const std::size_t call_count = std::max(most_places / call_size, problem.evaluator.thread_count());
    outputs.place_count = std::min(call_count * call_size, grid.place_count() - outputs.first_place);
    outputs.values.resize(outputs.place_count * outputs.width);
    const auto receive = [&](std::size_t index, std::span<const double> output) {
      std::ranges::copy(output, outputs.values.begin() + static_cast<std::ptrdiff_t>(index * outputs.width));
    };
    problem.evaluator.evaluate_rows({.row_count = outputs.place_count, .write = write, .receive = receive}, progress);
    use(outputs);
  }
}

}  // namespace

PairOutcomes pair_outcomes(const PairProblem& problem, std::size_t modality, Progress& progress) {
  const ModalityRows& rows = problem.evaluator.modality_rows();
  const Coalition others = Coalition::full(problem.modality_count).without(modality);
  const PairGrid grid = make_grid(problem, others);
  PairOutcomes result;
  if (rows.kept_columns() == nullptr) {
    // One grid serves both: who is the example and who the donor is only a matter of view.
    const Projection projection = problem.strata.size() == 1 ? Projection::kAdditive : Projection::kNone;
    GridSums sums(problem, grid, projection);
    progress.begin("pairs", grid.place_count());
    evaluate_grid(problem, grid, others, progress, [&](const Outputs& outputs) {
      sums.add_own(outputs);
      sums.add_donor(outputs);
    });
    result.without = std::move(sums.own());
    result.alone = std::move(sums.donor());
    if (projection == Projection::kAdditive) result.additive = sums.projected_outcomes();
  } else {
    const Coalition single = Coalition::single(problem.modality_count, modality);
    const PairGrid alone_grid = make_grid(problem, single);
    GridSums sums(problem, grid, Projection::kNone);
    GridSums alone_sums(problem, alone_grid, Projection::kNone);
    progress.begin("pairs", grid.place_count() + alone_grid.place_count());
    evaluate_grid(problem, grid, others, progress, [&](const Outputs& outputs) { sums.add_own(outputs); });
    evaluate_grid(problem, alone_grid, single, progress, [&](const Outputs& outputs) { alone_sums.add_own(outputs); });
    result.without = std::move(sums.own());
    result.alone = std::move(alone_sums.own());
  }
  progress.finish();
  return result;
}

}  // namespace modattr
