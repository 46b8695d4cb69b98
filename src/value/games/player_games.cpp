#include "modattr/value/games/player_games.h"

#include <algorithm>
#include <utility>

#include "modattr/value/games/player_distances.h"

namespace modattr {
namespace {

/// Rows that are run before the next ones are made.
constexpr std::size_t kRowsPerBlock = std::size_t{1} << 16;

/// Variants that are encoded before the next ones are made: between blocks threads wait for each other, and a block's
/// encodings are in memory at once.
std::size_t variants_per_block(const ModelEvaluator& evaluator, std::size_t modality_count) {
  constexpr std::size_t kMostVariants = std::size_t{1} << 15;
  constexpr std::size_t kFewestVariants = 512;
  constexpr std::size_t kEncodingBytes = std::size_t{1} << 28;
  if (evaluator.encoding_cache() == nullptr) return kMostVariants;
  std::size_t row_bytes = 1;
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    row_bytes = std::max(row_bytes, evaluator.encoding_cache()->row_bytes(modality));
  }
  return std::clamp(kEncodingBytes / row_bytes, kFewestVariants, kMostVariants);
}

/// Tells of a block's rows while its variants are encoded, which takes longest; of the rest while the rows are run.
class BlockProgress final : public Progress {
 public:
  BlockProgress(Progress& progress, std::size_t row_count, std::size_t variant_count)
      : progress_(progress), row_count_(row_count), variant_count_(variant_count) {}

  void encoded(std::size_t row_count) {
    encoded_count_ += row_count;
    tell(row_count_ * std::min(encoded_count_, variant_count_) / std::max<std::size_t>(variant_count_, 1));
  }
  /// Rows that are run.
  void advance(std::size_t row_count) override {
    run_count_ += row_count;
    tell(std::max(told_, run_count_));
  }

 private:
  void tell(std::size_t row_count) { progress_.advance(row_count - std::exchange(told_, row_count)); }

  Progress& progress_;
  std::size_t row_count_;
  std::size_t variant_count_;
  std::size_t encoded_count_ = 0;
  std::size_t run_count_ = 0;
  std::size_t told_ = 0;
};

}  // namespace

PlayerGames::PlayerGames(const Parts& parts, PlayerVariants::Parts rows) : parts_(parts), rows_(std::move(rows)) {
  const Dataset& dataset = rows_.dataset();
  for (std::size_t example = 0; example < dataset.example_count(); ++example) keys_.push_back(dataset.row(example));
  for (std::size_t modality = 0; modality < modality_count(); ++modality) {
    if (parts_.removal.uses_background(modality)) draw_count_ = parts_.removal.draw_count();
  }
  most_variants_ = variants_per_block(parts_.evaluator, modality_count());
}

const std::vector<std::string>& PlayerGames::labels(std::size_t example, std::size_t modality) {
  if (layout_example_ != example) {
    layouts_.clear();
    for (const auto& segmentation : parts_.segmentations) layouts_.push_back(segmentation->layout(example));
    layout_example_ = example;
  }
  return layouts_[modality]->labels;
}

bool PlayerGames::are_players_shared() const noexcept {
  return std::ranges::all_of(parts_.segmentations, [](const auto& segmentation) { return segmentation->is_shared(); });
}

std::size_t PlayerGames::add_block(std::span<const Query> queries, BlockRows& rows) {
  rows_.clear();
  rows.rows.clear();
  rows.query_of_row.clear();
  std::size_t count = 0;
  while (count < queries.size() &&
         (count == 0 || (rows_.variant_count() < most_variants_ &&
                         rows.query_of_row.size() + draw_count(queries[count]) <= kRowsPerBlock))) {
    const Query& query = queries[count];
    std::vector<Coalition> present;
    std::size_t player = 0;
    for (std::size_t modality = 0; modality < modality_count(); ++modality) {
      present.push_back(query.coalition.slice(player, labels(query.example, modality).size()));
      player += present.back().player_count();
    }
    for (std::size_t place = 0; place < draw_count(query); ++place) {
      const std::size_t draw = query.draws.empty() ? place : query.draws[place];
      for (std::size_t modality = 0; modality < modality_count(); ++modality) {
        rows.rows.push_back(rows_.row(query.example, modality, present[modality], draw));
      }
      rows.query_of_row.push_back(static_cast<std::uint32_t>(count));
    }
    ++count;
  }
  return count;
}

std::vector<double> PlayerGames::evaluate(std::span<const Query> queries) {
  return evaluate_blocks(queries, {}).values;
}

ExampleGames::Measurement PlayerGames::measure(std::span<const Query> queries, std::optional<Space> space) {
  if (!space) return evaluate_blocks(queries, {});
  const PlayerDistances row_distances(parts_.evaluator, rows_, *space);
  std::vector<double> mean_distances(queries.size(), 0.0);
  Measurement result = evaluate_blocks(queries, [&](const Block& block) {
    std::vector<std::uint32_t> examples;
    for (const std::uint32_t query : block.query_of_row) examples.push_back(block.queries[query].example);
    const std::vector<double> distances = row_distances.of(examples, block.rows, block.encoded);
    for (std::size_t row = 0; row < distances.size(); ++row) {
      const std::uint32_t query = block.query_of_row[row];
      mean_distances[block.first + query] += distances[row] / static_cast<double>(draw_count(block.queries[query]));
    }
  });
  result.distances = std::move(mean_distances);
  return result;
}

ExampleGames::Measurement PlayerGames::evaluate_blocks(std::span<const Query> queries, const BlockVisitor& visit) {
  Measurement result{.values = {}, .variances = {}, .distances = {}};
  BlockRows rows;
  for (std::size_t first = 0; first < queries.size();) {
    const std::size_t count = add_block(queries.subspan(first), rows);
    const std::size_t row_count = rows.query_of_row.size();
    BlockProgress progress(parts_.progress, row_count, rows_.variant_count());
    // Ends with the block: encodings of the next one need the memory.
    const auto tell = [&](std::size_t encoded_count) { progress.encoded(encoded_count); };
    const EncodedRows encoded = visit ? parts_.evaluator.encode(rows_, &parts_.removal_rows, tell)
                                      : parts_.evaluator.encode_for_next(rows_, &parts_.removal_rows, row_count, tell);
    const Block block{.first = first,
                      .queries = queries.subspan(first, count),
                      .rows = rows.rows,
                      .query_of_row = rows.query_of_row,
                      .encoded = encoded};
    evaluate_block(block, result, progress);
    if (visit) visit(block);
    first += count;
  }
  return result;
}

void PlayerGames::evaluate_block(const Block& block, Measurement& result, Progress& progress) {
  const std::size_t width = parts_.target.width();
  const std::size_t row_count = block.query_of_row.size();
  std::vector<double> predictions(row_count * width);
  const auto example_of = [&](std::size_t row) { return block.queries[block.query_of_row[row]].example; };
  const auto write = [&](std::size_t index, MixedRows& call, std::size_t row) {
    call.own[row] = example_of(index);
    for (std::size_t modality = 0; modality < modality_count(); ++modality) {
      call.by_modality[modality][row] = block.rows[index * modality_count() + modality];
    }
  };
  const auto prediction_of = [&](std::size_t row) { return std::span(predictions).subspan(row * width, width); };
  const auto receive = [&](std::size_t index, std::span<const double> output) {
    parts_.target.prediction(output, example_of(index), prediction_of(index));
  };
  parts_.evaluator.evaluate_rows({.row_count = row_count, .write = write, .receive = receive, .rows = &block.encoded},
                                 progress);
  std::vector<double> mean(width);
  std::size_t first_row = 0;
  for (const Query& query : block.queries) {
    const std::size_t count = draw_count(query);
    std::ranges::fill(mean, 0.0);
    for (std::size_t row = first_row; row < first_row + count; ++row) {
      for (std::size_t place = 0; place < width; ++place) mean[place] += prediction_of(row)[place];
    }
    for (double& number : mean) number /= static_cast<double>(count);
    result.values.push_back(parts_.target.value(mean, query.example));
    double squares = 0.0;
    for (std::size_t row = first_row; count < draw_count_ && row < first_row + count; ++row) {
      const double spread = parts_.target.value(prediction_of(row), query.example) - result.values.back();
      squares += spread * spread;
    }
    const auto drawn = static_cast<double>(count);
    const double part = drawn / static_cast<double>(draw_count_);
    result.variances.push_back(count > 1 ? squares / (drawn - 1.0) / drawn * (1.0 - part) : 0.0);
    first_row += count;
  }
}

}  // namespace modattr
