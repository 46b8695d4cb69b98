#include "modattr/value/pair_outcomes.h"

#include <algorithm>
#include <array>
#include <vector>

#include "modattr/core/matrix.h"
#include "modattr/value/pair_grid.h"
#include "modattr/value/parallel.h"

namespace modattr {
namespace {

constexpr std::size_t kExamplesPerPiece = 64;
constexpr std::size_t kOutputBytes = std::size_t{1} << 25;

/// Outputs of a stretch of the places of a grid.
struct Outputs {
  std::size_t first_place = 0;
  std::size_t place_count = 0;
  std::size_t width = 0;
  std::vector<double> values;

  std::span<const double> at(std::size_t place) const {
    return std::span(values).subspan((place - first_place) * width, width);
  }
};

/// Places start + step * index, of all indices below `count` those that lie in the stretch: [first, end).
struct IndexRange {
  std::size_t first = 0;
  std::size_t end = 0;
};

IndexRange indices_inside(std::size_t start, std::size_t step, std::size_t count, const Outputs& outputs) {
  const auto first_from = [&](std::size_t place) {
    return place <= start ? 0 : std::min(count, (place - start + step - 1) / step);
  };
  return {first_from(outputs.first_place), first_from(outputs.first_place + outputs.place_count)};
}

/// Calls work(0) ... work(count - 1) in pieces, each on one thread.
template <typename Work>
void for_each_of(std::size_t count, std::size_t thread_count, const Work& work) {
  parallel_for((count + kExamplesPerPiece - 1) / kExamplesPerPiece, thread_count, [&](std::size_t piece) {
    const std::size_t first = piece * kExamplesPerPiece;
    for (std::size_t item = first; item < std::min(count, first + kExamplesPerPiece); ++item) work(item);
  });
}

/// What a grid sums up to.
class GridSums {
 public:
  GridSums(const PairProblem& problem, const PairGrid& grid) : problem_(problem), grid_(grid) {
    own_.assign(problem.example_count, 0.0);
    donor_.assign(problem.example_count, 0.0);
  }

  /// Adds outcomes of mixes in which the example has the own side.
  void add_own(const Outputs& outputs) {
    for_each_example([&](std::size_t example, const PairGrid::Position& position, const PairGrid::Block& block) {
      const std::size_t start = block.first_place + position.own * block.donor.size();
      const IndexRange range = indices_inside(start, 1, block.donor.size(), outputs);
      for (std::size_t part = range.first; part < range.end; ++part) {
        add(own_[example], example, block.donor.example_count[part] - (part == position.donor ? 1 : 0),
            outputs.at(start + part));
      }
    });
  }

  /// Adds outcomes of mixes in which the example has the donor side.
  void add_donor(const Outputs& outputs) {
    for_each_example([&](std::size_t example, const PairGrid::Position& position, const PairGrid::Block& block) {
      const std::size_t start = block.first_place + position.donor;
      const IndexRange range = indices_inside(start, block.donor.size(), block.own.size(), outputs);
      for (std::size_t part = range.first; part < range.end; ++part) {
        add(donor_[example], example, block.own.example_count[part] - (part == position.own ? 1 : 0),
            outputs.at(start + part * block.donor.size()));
      }
    });
  }

  std::vector<double>& own() noexcept { return own_; }
  std::vector<double>& donor() noexcept { return donor_; }

 private:
  template <typename Work>
  void for_each_example(const Work& work) {
    for_each_of(problem_.example_count, problem_.evaluator.thread_count(), [&](std::size_t example) {
      const PairGrid::Position& position = grid_.position(example);
      if (position.block != PairGrid::kNoBlock) work(example, position, grid_.blocks()[position.block]);
    });
  }

  void add(double& sum, std::size_t example, std::size_t count, std::span<const double> output) const {
    if (count == 0) return;
    std::array<double, 1> outcome{};
    problem_.metric.outcome(output, example, outcome);
    sum += static_cast<double>(count) * (outcome.front() - problem_.clean[example]);
  }

  const PairProblem& problem_;
  const PairGrid& grid_;
  std::vector<double> own_;
  std::vector<double> donor_;
};

/// Sums of outputs for the additive projection.
class ProjectionSums {
 public:
  ProjectionSums(const PairProblem& problem, const PairGrid& grid, std::size_t width)
      : problem_(problem), grid_(grid), width_(width) {
    for (const PairGrid::Block& block : grid.blocks()) {
      own_.emplace_back(block.own.size(), width);
      donor_.emplace_back(block.donor.size(), width);
    }
  }

  void add(const Outputs& outputs) {
    for (std::size_t index = 0; index < grid_.blocks().size(); ++index) {
      const PairGrid::Block& block = grid_.blocks()[index];
      if (block.first_place >= outputs.first_place + outputs.place_count ||
          block.first_place + block.place_count() <= outputs.first_place) {
        continue;
      }
      const std::size_t thread_count = problem_.evaluator.thread_count();
      for_each_of(block.own.size(), thread_count, [&](std::size_t part) {
        const std::size_t start = block.first_place + part * block.donor.size();
        const IndexRange range = indices_inside(start, 1, block.donor.size(), outputs);
        for (std::size_t other = range.first; other < range.end; ++other) {
          add(own_[index].row(part), block.donor.example_count[other], outputs.at(start + other));
        }
      });
      for_each_of(block.donor.size(), thread_count, [&](std::size_t part) {
        const std::size_t start = block.first_place + part;
        const IndexRange range = indices_inside(start, block.donor.size(), block.own.size(), outputs);
        for (std::size_t other = range.first; other < range.end; ++other) {
          add(donor_[index].row(part), block.own.example_count[other], outputs.at(start + other * block.donor.size()));
        }
      });
    }
  }

  /// Outcome of the projection of every example.
  std::vector<double> outcomes() const {
    std::vector<double> result(problem_.clean.begin(), problem_.clean.end());
    std::vector<std::vector<double>> totals;
    for (std::size_t index = 0; index < grid_.blocks().size(); ++index) {
      totals.emplace_back(width_, 0.0);
      const Parts& own = grid_.blocks()[index].own;
      for (std::size_t part = 0; part < own.size(); ++part) {
        add(totals.back(), own.example_count[part], own_[index].row(part));
      }
    }
    std::vector<double> projected(width_);
    for (std::size_t example = 0; example < problem_.example_count; ++example) {
      const PairGrid::Position& position = grid_.position(example);
      if (position.block == PairGrid::kNoBlock) continue;
      const auto count = static_cast<double>(grid_.blocks()[position.block].example_count);
      const std::span<const double> own = own_[position.block].row(position.own);
      const std::span<const double> donor = donor_[position.block].row(position.donor);
      for (std::size_t output = 0; output < width_; ++output) {
        projected[output] =
            own[output] / count + donor[output] / count - totals[position.block][output] / (count * count);
      }
      problem_.metric.outcome(projected, example, std::span(result).subspan(example, 1));
    }
    return result;
  }

 private:
  static void add(std::span<double> sums, std::size_t count, std::span<const double> output) {
    for (std::size_t index = 0; index < sums.size(); ++index) sums[index] += static_cast<double>(count) * output[index];
  }

  const PairProblem& problem_;
  const PairGrid& grid_;
  std::size_t width_;
  /// Per block, [own parts, outputs] and [donor parts, outputs].
  std::vector<Matrix> own_;
  std::vector<Matrix> donor_;
};

/// Evaluates all places of a grid, stretch by stretch.
template <typename Use>
void evaluate_grid(const PairProblem& problem, const PairGrid& grid, const Coalition& own, Progress& progress,
                   const Use& use) {
  Outputs outputs{.width = problem.evaluator.output_width(), .values = {}};
  const std::size_t call_size = problem.evaluator.rows_per_call();
  const std::size_t stretch = std::max<std::size_t>(kOutputBytes / (outputs.width * sizeof(double)) / call_size, 1);
  const auto write = [&](std::size_t index, MixedRows& rows, std::size_t row) {
    const PairGrid::Pair pair = grid.pair(outputs.first_place + index);
    rows.own[row] = pair.own_example;
    for (std::size_t modality = 0; modality < problem.modality_count; ++modality) {
      rows.by_modality[modality][row] = own.contains(modality) ? pair.own_example : pair.donor_example;
    }
  };
  for (; outputs.first_place < grid.place_count(); outputs.first_place += outputs.place_count) {
    outputs.place_count = std::min(stretch * call_size, grid.place_count() - outputs.first_place);
    outputs.values.resize(outputs.place_count * outputs.width);
    problem.evaluator.evaluate_rows(
        outputs.place_count, write,
        [&](std::size_t index, std::span<const double> output) {
          std::ranges::copy(output, outputs.values.begin() + static_cast<std::ptrdiff_t>(index * outputs.width));
        },
        progress);
    use(outputs);
  }
}

}  // namespace

PairOutcomes pair_outcomes(const PairProblem& problem, std::size_t modality, Progress& progress) {
  const ModalityRows& rows = problem.evaluator.modality_rows();
  const Coalition others = Coalition::full(problem.modality_count).without(modality);
  const PairGrid grid(rows, others, problem.strata, problem.example_count);
  GridSums sums(problem, grid);
  PairOutcomes result;
  if (rows.kept_columns() == nullptr) {
    // One grid serves both: who is the example and who the donor is only a matter of view.
    ProjectionSums projection(problem, grid, problem.evaluator.output_width());
    progress.begin("pairs", grid.place_count());
    evaluate_grid(problem, grid, others, progress, [&](const Outputs& outputs) {
      sums.add_own(outputs);
      sums.add_donor(outputs);
      projection.add(outputs);
    });
    progress.finish();
    result.alone = std::move(sums.donor());
    result.additive = projection.outcomes();
  } else {
    const Coalition single = Coalition::single(problem.modality_count, modality);
    const PairGrid alone_grid(rows, single, problem.strata, problem.example_count);
    GridSums alone_sums(problem, alone_grid);
    progress.begin("pairs", grid.place_count() + alone_grid.place_count());
    evaluate_grid(problem, grid, others, progress, [&](const Outputs& outputs) { sums.add_own(outputs); });
    evaluate_grid(problem, alone_grid, single, progress, [&](const Outputs& outputs) { alone_sums.add_own(outputs); });
    progress.finish();
    result.alone = std::move(alone_sums.own());
  }
  result.without = std::move(sums.own());
  return result;
}

}  // namespace modattr
