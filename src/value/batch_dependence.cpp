#include "modattr/value/batch_dependence.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/Functions.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

using Rows = std::vector<std::uint32_t>;

constexpr std::size_t kRowCount = 8;
constexpr std::size_t kRoundCount = 2;

/// Examples of a round: those at even places stay, their neighbours come from elsewhere in every round.
Rows examples_of_round(std::size_t round, std::size_t row_count, std::size_t example_count) {
  Rows rows(row_count);
  for (std::size_t row = 0; row < row_count; ++row) {
    const std::size_t place = row * example_count / row_count;
    const bool stays = row % 2 == 0;
    rows[row] = static_cast<std::uint32_t>(stays ? place : (place + round * example_count / 3 + round) % example_count);
  }
  return rows;
}

at::Tensor even_rows(const at::Tensor& rows) {
  return rows.slice(0, 0, rows.size(0), 2);
}

/// Equal up to rounding, which depends on the shape of the batch.
bool is_near(const at::Tensor& a, const at::Tensor& b) {
  const double scale = std::max(1e-3, b.nan_to_num(0, 0, 0).abs().max().item<double>());
  return a.sizes() == b.sizes() && a.allclose(b, 0.0, 1e-4 * scale, /*equal_nan=*/true);
}

}  // namespace

BatchDependence probe_batch_dependence(const Model& model, const Dataset& dataset, const InputLayout& layout,
                                       std::size_t rows_per_call) {
  const std::vector<std::string> names = layout.input_names();
  const auto run = [&](const Rows& examples) {
    std::vector<at::Tensor> inputs;
    for (std::size_t input = 0; input < names.size(); ++input) inputs.push_back(dataset.gather(input, examples));
    return model.run(names, inputs);
  };
  const std::size_t row_count = std::min(kRowCount, rows_per_call);
  const auto run_round = [&](std::size_t round) {
    return run(examples_of_round(round, row_count, dataset.example_count()));
  };
  try {
    const at::Tensor first = run_round(0);
    if (!is_near(run_round(0), first)) return BatchDependence::kRandom;
    for (std::size_t round = 1; round <= kRoundCount; ++round) {
      if (!is_near(even_rows(run_round(round)), even_rows(first))) return BatchDependence::kDependsOnNeighbours;
    }
    const Rows examples = examples_of_round(0, row_count, dataset.example_count());
    for (std::size_t row = 0; row < row_count; row += 2) {
      // Among its like: a loop over a batch may end earlier there.
      const at::Tensor twice = run({examples[row], examples[row]});
      const auto place = static_cast<std::int64_t>(row);
      if (!is_near(twice.slice(0, 0, 1), first.slice(0, place, place + 1)))
        return BatchDependence::kDependsOnNeighbours;
    }
  } catch (const ModelError&) {
    // The run itself will meet the failure, and knows the example.
  }
  return BatchDependence::kIndependent;
}

bool answers_like_whole(const RowsCall& whole, const RowsCall& split, const CallShape& shape) {
  // Far enough apart to have stood at all kinds of places in the calls of the encoders.
  const std::size_t few = shape.whole_row_count;
  const auto example_at = [&](std::size_t place) {
    return static_cast<std::uint32_t>(place % few * (shape.example_count - 1) / std::max<std::size_t>(few - 1, 1));
  };
  const auto mixed = [&](std::size_t row_count) {
    MixedRows rows(shape.modality_count, row_count);
    for (std::size_t row = 0; row < row_count; ++row) {
      rows.own[row] = example_at(row);
      for (std::size_t modality = 0; modality < shape.modality_count; ++modality) {
        rows.by_modality[modality][row] = example_at(row + 3 * modality);
      }
    }
    return rows;
  };
  const at::Tensor places =
      at::arange(static_cast<std::int64_t>(shape.row_count)).remainder(static_cast<std::int64_t>(few));
  return is_near(split(mixed(shape.row_count)), whole(mixed(few)).index_select(0, places));
}

}  // namespace modattr
