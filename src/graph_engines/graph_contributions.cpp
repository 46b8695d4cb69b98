#include "modattr/graph_engines/graph_contributions.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "example_sums.h"
#include "graph/torchscript_program.h"
#include "graph_pass.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/value/parallel_calls.h"
#include "owen_steps.h"
#include "pair_data.h"
#include "path_integral.h"
#include "player_credits.h"
#include "removed_sides.h"

namespace modattr {
namespace {

/// Draws of expected gradients per example.
constexpr std::size_t kExpectedDraws = 200;
/// Part of the difference over a line that one of its intervals may miss.
constexpr double kPathTolerance = 5e-4;
/// Points of a line, at most about.
constexpr std::size_t kMostPathPoints = 200;
/// What the tape of a call may take.
constexpr std::size_t kTapeBytes = std::size_t{1} << 30;
/// What passes over the same pairs keep for each other, beside the tape, and what all keep of removed data.
constexpr std::size_t kMemoBytes = kTapeBytes / 2;

std::vector<std::vector<std::int64_t>> shapes_of(const Dataset& dataset) {
  std::vector<std::vector<std::int64_t>> shapes;
  for (std::size_t input = 0; input < dataset.input_count(); ++input) {
    const auto& shape = dataset.input(input).shape;
    shapes.emplace_back(shape.begin() + 1, shape.end());
  }
  return shapes;
}

std::vector<std::int64_t> sizes_of(const std::vector<std::vector<std::int64_t>>& shapes) {
  std::vector<std::int64_t> sizes;
  for (const std::vector<std::int64_t>& shape : shapes) {
    std::int64_t size = 1;
    for (const std::int64_t side : shape) size *= side;
    sizes.push_back(size);
  }
  return sizes;
}

const TorchScriptProgram& program_of(const Model& model) {
  if (const TorchScriptProgram* program = model.program()) return *program;
  throw ModelError(model.path() + ": expected a TorchScript model, whose graph " + option("method") +
                   " deep, ig, gradient and input-x-gradient follow; " + option("method") + " auto takes others");
}

}  // namespace

class GraphContributions::Worker {
 public:
  Worker(const Parts& parts, const ContributionRequest& request, const Rng& rng)
      : parts_(parts),
        request_(request),
        rng_(rng),
        shapes_(shapes_of(parts.dataset)),
        elements_(sizes_of(shapes_)),
        owners_(parts_.layout, parts_.segmentations, parts_.inputs, elements_, shapes_),
        target_(parts.target, draw_count()),
        pair_data_({.dataset = parts_.dataset,
                    .layout = parts_.layout,
                    .removal = parts_.removal,
                    .segmentations = parts_.segmentations}),
        steps_({.data = pair_data_, .elements = elements_, .modality_count = modality_count(), .rng = rng_}),
        pass_({.program = program_of(parts.model),
               .input_names = parts.layout.input_names(),
               .modalities_of_input = owners_.modalities_of_inputs(),
               .target = target_,
               .elements = elements_}),
        row_count_(pass_.reads_data() ? 1 : parts.evaluator.rows_per_model_call()) {
    if (parts.layout.inputs.size() > 63) {
      throw ConfigError("modalities: expected at most 63 inputs with methods that look inside of the model, got " +
                        std::to_string(parts.layout.inputs.size()));
    }
  }

  std::size_t modality_count() const { return parts_.segmentations.size(); }

  std::size_t draw_count() const {
    for (std::size_t modality = 0; modality < parts_.segmentations.size(); ++modality) {
      if (parts_.removal.uses_background(modality)) return parts_.removal.draw_count();
    }
    return 1;
  }

  std::size_t rows_per_pair() const {
    switch (request_.method) {
      case ContributionMethod::kDeep:
        return 2 * (request_.is_owen ? steps_.count() : 1);
      case ContributionMethod::kIntegratedGradients:
        return request_.step_count ? *request_.step_count + 2 : kMostPathPoints / 2;
      default:
        return 3;
    }
  }

  std::size_t pairs_per_example() const {
    if (request_.method == ContributionMethod::kExpectedGradients) return kExpectedDraws;
    return draw_count() * (takes_halves() ? steps_.repeats_of(draw_count()) : 1);
  }

  std::size_t rows_per_example() const { return rows_per_pair() * pairs_per_example(); }

  std::vector<ExampleContributions> explain(std::uint32_t first, std::size_t count);

 private:
  PairCredits blank(const ElementOwners::Players& players) const {
    PairCredits credits;
    credits.players.assign(players.first.back(), 0.0);
    credits.modalities.assign(modality_count(), 0.0);
    credits.unheld.assign(modality_count(), 0.0);
    return credits;
  }

  /// Whether modalities come in random halves.
  bool takes_halves() const {
    return request_.method == ContributionMethod::kDeep && request_.is_owen && steps_.takes_halves();
  }
  /// Whether passes over different examples find the same of removed data.
  bool shares_removed_data() const {
    return request_.method == ContributionMethod::kDeep && request_.is_owen && !pass_.reads_data() &&
           owners_.own_everything() && pair_data_.has_common_removal();
  }
  void choose_row_count(std::span<const Pair> pairs);
  /// Every pair's credits by the method that was asked for.
  std::vector<PairCredits> credits_of_pairs(std::span<const Pair> pairs, const std::vector<double>& places,
                                            const std::vector<const ElementOwners::Players*>& players);

  /// One pass of Deep SHAP over a call, added with a weight; `only`: the modality that differs. Returns whether data
  /// differed that should.
  bool follow(const PassData& data, double weight, std::optional<std::size_t> only,
              const std::vector<const ElementOwners::Players*>& players, std::vector<PairCredits>& credits,
              SideMemo* memo = nullptr);
  std::vector<PairCredits> deep(std::span<const Pair> pairs, const std::vector<const ElementOwners::Players*>& players);
  std::vector<PairCredits> along_paths(std::span<const Pair> pairs,
                                       const std::vector<const ElementOwners::Players*>& players,
                                       const std::vector<double>& places);

  Parts parts_;
  ContributionRequest request_;
  Rng rng_;
  std::vector<std::vector<std::int64_t>> shapes_;
  InputElements elements_;
  ElementOwners owners_;
  TargetFunction target_;
  PairData pair_data_;
  OwenSteps steps_;
  GraphPass pass_;
  std::size_t row_count_;
  bool is_sized_ = false;
  RemovedSides removed_sides_{kMemoBytes};
  std::mutex progress_mutex_;
};

bool GraphContributions::Worker::follow(const PassData& data, double weight, std::optional<std::size_t> only,
                                        const std::vector<const ElementOwners::Players*>& players,
                                        std::vector<PairCredits>& credits, SideMemo* memo) {
  const SideModalities everything{.own = (std::uint64_t{1} << modality_count()) - 1};
  PassResult result = pass_.multipliers(data, memo);
  if (result.parts_ways) {
    // b went x's way; where it goes on its own is another pass.
    const PassResult own = pass_.multipliers({.x = data.b, .b = data.b, .examples = data.examples});
    result.ledger.add("control flow", (own.x - result.b).abs());
    result.b = own.x;
  }
  for (std::size_t row = 0; row < credits.size(); ++row) {
    const auto place = static_cast<std::int64_t>(row);
    owners_.add(result.credits, place, weight, only, *players[row], credits[row]);
    for (const auto& [operation, gaps] : result.ledger.gaps()) {
      credits[row].gaps[operation] += weight * gaps.data_ptr<double>()[gaps.numel() == 1 ? 0 : row];
    }
    credits[row].row_count += result.parts_ways ? 3 : 2;
    if (data.x_modalities == everything) credits[row].value_full = result.x.data_ptr<double>()[row];
    if (data.b_modalities == SideModalities{}) credits[row].value_empty = result.b.data_ptr<double>()[row];
  }
  return !result.has_equal_data;
}

std::vector<PairCredits> GraphContributions::Worker::deep(std::span<const Pair> pairs,
                                                          const std::vector<const ElementOwners::Players*>& players) {
  std::vector<PairCredits> credits;
  for (const ElementOwners::Players* own : players) credits.push_back(blank(*own));
  if (!request_.is_owen) {
    const auto only = modality_count() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
    follow(pair_data_.of(pairs, (std::uint64_t{1} << modality_count()) - 1, 0), 1.0, only, players, credits);
    return credits;
  }
  // Where a batch's own numbers decide what is run, steps of two passes are not the same; columns of no modality are
  // the example's own.
  const RemovedSides::Rows removed_rows = pair_data_.removed_rows(pairs);
  const bool shares = shares_removed_data();
  SideMemo memo(pass_.reads_data() ? 0 : kMemoBytes, shares ? removed_sides_.find(removed_rows) : nullptr);
  bool differs = true;
  std::vector<std::uint32_t> rows;
  for (const Pair& pair : pairs) rows.push_back(parts_.dataset.row(pair.example));
  steps_.visit(pairs, rows, players, [&](const OwenSteps::Step& step) {
    differs &= follow(step.data, step.weight, step.modality, players, credits, &memo);
  });
  // Data that happens to be equal is not followed, and rounds otherwise.
  if (shares && differs) removed_sides_.keep(removed_rows, memo);
  return credits;
}

std::vector<PairCredits> GraphContributions::Worker::along_paths(
    std::span<const Pair> pairs, const std::vector<const ElementOwners::Players*>& players,
    const std::vector<double>& places) {
  const std::uint64_t everybody = (std::uint64_t{1} << modality_count()) - 1;
  const auto only = modality_count() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
  std::vector<PairCredits> blanks;
  for (const ElementOwners::Players* own : players) blanks.push_back(blank(*own));
  std::vector<std::size_t> row_counts(pairs.size(), 0);
  // Calls of full size over any points.
  const auto run_some = [&](std::span<PathPoint*> points, bool values_only) {
    for (std::size_t first = 0; first < points.size(); first += row_count_) {
      const std::size_t count = std::min(row_count_, points.size() - first);
      std::vector<Pair> rows;
      at::Tensor at = at::ones({static_cast<std::int64_t>(row_count_)}, at::kDouble);
      for (std::size_t row = 0; row < row_count_; ++row) {
        const PathPoint& point = *points[first + std::min(row, count - 1)];
        rows.push_back(pairs[point.pair]);
        at.data_ptr<double>()[row] = point.place;
      }
      const PassResult result = pass_.gradients(pair_data_.of(rows, everybody, 0), at, values_only);
      for (std::size_t row = 0; row < count; ++row) {
        PathPoint& point = *points[first + row];
        point.value = result.x.data_ptr<double>()[row];
        ++row_counts[point.pair];
        if (values_only) continue;
        owners_.add(result.credits, static_cast<std::int64_t>(row), point.weight, only, *players[point.pair],
                    *point.credits);
      }
    }
  };
  const PathRunner run = [&](std::span<PathPoint> points) {
    std::vector<PathPoint*> values;
    std::vector<PathPoint*> gradients;
    for (PathPoint& point : points) (point.credits == nullptr ? values : gradients).push_back(&point);
    run_some(values, true);
    run_some(gradients, false);
  };
  if (request_.method == ContributionMethod::kIntegratedGradients) {
    PathIntegrals integrals = request_.step_count
                                  ? integrate_in_steps(std::move(blanks), *request_.step_count, run)
                                  : integrate_adaptively(std::move(blanks), kPathTolerance, kMostPathPoints, run);
    for (std::size_t pair = 0; pair < pairs.size(); ++pair) integrals.credits[pair].row_count = row_counts[pair];
    return std::move(integrals.credits);
  }
  // One gradient per pair, at its place.
  std::vector<PathPoint> points;
  for (std::size_t pair = 0; pair < pairs.size(); ++pair) {
    points.push_back({.pair = pair, .place = 0.0});
    points.push_back({.pair = pair, .place = 1.0});
    points.push_back({.pair = pair, .place = places[pair], .weight = 1.0, .credits = &blanks[pair]});
  }
  run(points);
  for (std::size_t pair = 0; pair < pairs.size(); ++pair) {
    blanks[pair].value_empty = points[3 * pair].value;
    blanks[pair].value_full = points[3 * pair + 1].value;
    blanks[pair].row_count = row_counts[pair];
  }
  return blanks;
}

void GraphContributions::Worker::choose_row_count(std::span<const Pair> pairs) {
  if (std::exchange(is_sized_, true)) return;
  // The tape keeps about what is computed, several times over; a call is as long as that fits.
  const std::vector<Pair> probe = padded_pairs(pairs.first(std::min(row_count_, pairs.size())), row_count_);
  const std::uint64_t everybody = (std::uint64_t{1} << modality_count()) - 1;
  const at::Tensor points = at::ones({static_cast<std::int64_t>(row_count_)}, at::kDouble);
  const PassResult result = pass_.gradients(pair_data_.of(probe, everybody, 0), points, true);
  const std::size_t row_bytes = 4 * result.byte_count / probe.size();
  while (row_count_ > 1 && row_bytes * row_count_ > kTapeBytes) row_count_ /= 2;
  // Calls with the same rows of the background as those of other examples, unless they would be much shorter.
  const std::size_t draws = draw_count();
  std::size_t aligned = draws <= row_count_ ? row_count_ / draws * draws : row_count_;
  while (draws % aligned != 0 && aligned % draws != 0) --aligned;
  if (2 * aligned >= row_count_) row_count_ = aligned;
}

std::vector<PairCredits> GraphContributions::Worker::credits_of_pairs(
    std::span<const Pair> pairs, const std::vector<double>& places,
    const std::vector<const ElementOwners::Players*>& players) {
  // Paths share calls among the points of several pairs.
  if (request_.method != ContributionMethod::kDeep) return along_paths(pairs, players, places);
  std::vector<const ElementOwners::Players*> row_players = players;
  row_players.resize(row_count_, players.back());
  std::vector<PairCredits> credits = deep(padded_pairs(pairs, row_count_), row_players);
  credits.resize(pairs.size());
  return credits;
}

std::vector<ExampleContributions> GraphContributions::Worker::explain(std::uint32_t first, std::size_t count) {
  const bool is_drawn = request_.method == ContributionMethod::kExpectedGradients;
  const std::size_t pair_count = pairs_per_example();
  std::vector<Pair> pairs;
  std::vector<double> places;
  std::vector<ElementOwners::Players> players;
  for (std::uint32_t example = first; example < first + count; ++example) {
    players.push_back(owners_.players_of(example));
    for (std::uint32_t draw = 0; draw < pair_count; ++draw) {
      Pair pair{.example = example, .draw = draw % draw_count(), .place = draw};
      double place = 1.0;
      if (is_drawn) {
        RandomStream stream = rng_.stream(RandomPurpose::kPathPoint, parts_.dataset.row(example), draw);
        pair.draw = stream.below(static_cast<std::uint32_t>(draw_count()));
        // Each draw has its own stretch of the line.
        place = (static_cast<double>(draw) + stream.uniform()) / static_cast<double>(pair_count);
      }
      pairs.push_back(pair);
      places.push_back(place);
    }
  }
  choose_row_count(pairs);
  const std::size_t piece_count = (pairs.size() + row_count_ - 1) / row_count_;
  // Of the examples of each piece.
  std::vector<std::vector<ExampleSums>> pieces(piece_count);
  const auto pairs_of = [&](std::size_t piece) {
    const std::size_t begin = piece * row_count_;
    return std::span<const Pair>(pairs).subspan(begin, std::min(row_count_, pairs.size() - begin));
  };
  const auto follow_piece = [&](std::size_t piece) {
    const std::span<const Pair> own = pairs_of(piece);
    std::vector<const ElementOwners::Players*> own_players;
    for (const Pair& pair : own) own_players.push_back(&players[pair.example - first]);
    const auto place = places.begin() + (own.data() - pairs.data());
    std::vector<PairCredits> credits =
        credits_of_pairs(own, {place, place + static_cast<std::ptrdiff_t>(own.size())}, own_players);
    for (std::size_t pair = 0; pair < own.size(); ++pair) {
      const std::size_t example = own[pair].example - first;
      if (pieces[piece].empty() || pieces[piece].back().example() != example) {
        pieces[piece].push_back(ExampleSums(example, blank(players[example])));
      }
      spread_unheld(players[example], credits[pair]);
      pieces[piece].back().add(credits[pair]);
    }
    const std::lock_guard lock(progress_mutex_);
    parts_.progress.advance(own.size() * rows_per_pair());
  };
  // First the pieces that the others with the same removed data can learn from: which of them come first must not
  // depend on threads.
  std::vector<std::size_t> firsts;
  std::vector<std::size_t> others;
  std::set<RemovedSides::Rows> seen;
  for (std::size_t piece = 0; piece < piece_count; ++piece) {
    const bool is_first =
        shares_removed_data() && seen.insert(pair_data_.removed_rows(padded_pairs(pairs_of(piece), row_count_))).second;
    (is_first ? firsts : others).push_back(piece);
  }
  for (const std::vector<std::size_t>& list : {firsts, others}) {
    parallel_model_calls(list.size(), parts_.evaluator.thread_count(),
                         [&](std::size_t place) { follow_piece(list[place]); });
  }
  std::vector<ExampleSums> sums;
  for (std::size_t example = 0; example < count; ++example) sums.emplace_back(example, blank(players[example]));
  for (const std::vector<ExampleSums>& piece : pieces) {
    for (const ExampleSums& part : piece) sums[part.example()].add(part);
  }
  std::vector<ExampleContributions> results;
  for (const ExampleSums& sum : sums) {
    // The rows of a background are given; points on the way to them and halves are drawn.
    results.push_back(sum.mean(is_drawn || takes_halves()));
    parts_.evaluator.count_evaluations(results.back().evaluation_count);
  }
  return results;
}

GraphContributions::GraphContributions(const Parts& parts, const ContributionRequest& request, const Rng& rng)
    : worker_(std::make_unique<Worker>(parts, request, rng)) {}

GraphContributions::~GraphContributions() = default;

std::vector<ExampleContributions> GraphContributions::explain(std::uint32_t first, std::size_t count) {
  return worker_->explain(first, count);
}

std::size_t GraphContributions::evaluations_per_example() const noexcept {
  return worker_->rows_per_example();
}

}  // namespace modattr
