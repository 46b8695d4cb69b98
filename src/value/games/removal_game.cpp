#include "modattr/value/games/removal_game.h"

#include <algorithm>

namespace modattr {
namespace {

/// Predictions that are held at once, before they are summed in the order of the background's rows.
constexpr std::size_t kPredictionBytes = std::size_t{1} << 25;

std::size_t prediction_width(std::span<const Target> targets) {
  std::size_t width = 0;
  for (const Target& target : targets) width += target.width();
  return width;
}

}  // namespace

/// Means over draws, as the first draw and the differences from it: what no draw changes is not rounded, so that a
/// modality that the model ignores adds exactly nothing.
class RemovalGame::PredictionMeans {
 public:
  explicit PredictionMeans(std::size_t size) : first_(size, 0.0), differences_(size, 0.0) {}

  std::size_t size() const noexcept { return first_.size(); }
  void add(std::span<const double> predictions) {
    if (draw_count_++ == 0) std::ranges::copy(predictions, first_.begin());
    for (std::size_t place = 0; place < size(); ++place) differences_[place] += predictions[place] - first_[place];
  }
  std::vector<double> means() const {
    std::vector<double> means = first_;
    for (std::size_t place = 0; place < size(); ++place) {
      means[place] += differences_[place] / static_cast<double>(draw_count_);
    }
    return means;
  }

 private:
  std::size_t draw_count_ = 0;
  std::vector<double> first_;
  std::vector<double> differences_;
};

std::size_t RemovalGame::draw_count(const Coalition& coalition) const {
  for (std::size_t modality = 0; modality < players().count(); ++modality) {
    if (!coalition.contains(modality) && parts_.removal.uses_background(modality)) return parts_.removal.draw_count();
  }
  return 1;
}

std::size_t RemovalGame::evaluation_count(std::span<const Coalition> coalitions) const {
  std::size_t count = 0;
  for (const Coalition& coalition : coalitions) count += example_count() * draw_count(coalition);
  return count;
}

Matrix RemovalGame::evaluate(std::span<const Coalition> coalitions) {
  const std::size_t width = prediction_width(parts_.targets);
  Matrix values(coalitions.size(), example_count() * parts_.targets.size());
  for (std::size_t row = 0; row < coalitions.size(); ++row) {
    PredictionMeans means(example_count() * width);
    const std::size_t draws = draw_count(coalitions[row]);
    const std::size_t draws_at_once =
        std::max<std::size_t>(kPredictionBytes / std::max<std::size_t>(means.size() * sizeof(double), 1), 1);
    for (std::size_t first = 0; first < draws; first += draws_at_once) {
      add_predictions(coalitions[row], first, std::min(draws_at_once, draws - first), means);
    }
    const std::vector<double> mean_predictions = means.means();
    for (std::size_t example = 0; example < example_count(); ++example) {
      std::span<const double> predictions = std::span(mean_predictions).subspan(example * width, width);
      for (std::size_t target = 0; target < parts_.targets.size(); ++target) {
        const std::size_t target_width = parts_.targets[target].width();
        values(row, example * parts_.targets.size() + target) =
            parts_.targets[target].value(predictions.first(target_width), example);
        predictions = predictions.subspan(target_width);
      }
    }
  }
  return values;
}

void RemovalGame::add_predictions(const Coalition& coalition, std::size_t first_draw, std::size_t draw_count,
                                  PredictionMeans& means) {
  const std::size_t modality_count = players().count();
  std::vector<std::vector<std::uint32_t>> rows(draw_count * modality_count);
  std::vector<std::span<const std::uint32_t>> baselines(rows.size());
  std::vector<Mix> mixes;
  for (std::size_t draw = 0; draw < draw_count; ++draw) {
    for (std::size_t modality = 0; modality < modality_count; ++modality) {
      if (coalition.contains(modality)) continue;
      const std::size_t place = draw * modality_count + modality;
      rows[place].resize(example_count());
      parts_.removal.write_rows(modality, first_draw + draw, rows[place]);
      baselines[place] = rows[place];
    }
    mixes.push_back({coalition, {}, std::span(baselines).subspan(draw * modality_count, modality_count)});
  }
  const std::size_t width = prediction_width(parts_.targets);
  std::vector<double> predictions(draw_count * means.size());
  const auto receive = [&](std::size_t mix, std::size_t example, std::span<const double> output) {
    std::span<double> prediction = std::span(predictions).subspan(mix * means.size() + example * width, width);
    for (const Target& target : parts_.targets) {
      target.prediction(output, example, prediction.first(target.width()));
      prediction = prediction.subspan(target.width());
    }
  };
  if (coalition.is_full()) {
    parts_.evaluator.evaluate(mixes, receive, parts_.progress);
  } else {
    parts_.evaluator.evaluate(mixes, parts_.rows, receive, parts_.progress);
  }
  // Always in the order of the draws, whatever came first.
  for (std::size_t draw = 0; draw < draw_count; ++draw) {
    means.add(std::span(predictions).subspan(draw * means.size(), means.size()));
  }
}

}  // namespace modattr
