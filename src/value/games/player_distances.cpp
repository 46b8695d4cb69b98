#include "modattr/value/games/player_distances.h"

#include <algorithm>
#include <cmath>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/value/mixes/mixed_rows.h"

namespace modattr {
namespace {

/// Rows that are compared at a time.
constexpr std::size_t kRowsAtOnce = 256;

/// Products of two rows, added up part by part. Plain sums: a library's order of adding depends on the batch.
struct Products {
  double both = 0.0;
  double first = 0.0;
  double second = 0.0;

  void add(std::span<const double> one, std::span<const double> other) {
    for (std::size_t place = 0; place < one.size(); ++place) {
      both += one[place] * other[place];
      first += one[place] * one[place];
      second += other[place] * other[place];
    }
  }
  double distance() const {
    const double norm = std::sqrt(first) * std::sqrt(second);
    // Not a comparison that NaN would slip through.
    return norm == 0.0 ? 1.0 : 1.0 - both / norm;
  }
};

at::Tensor as_doubles(const at::Tensor& tensor) {
  return tensor.to(at::kCPU, at::kDouble).contiguous();
}

}  // namespace

PlayerDistances::PlayerDistances(const ModelEvaluator& evaluator, const PlayerVariants& rows, ExampleGames::Space space)
    : evaluator_(evaluator), rows_(rows), space_(space) {
  if (space == ExampleGames::Space::kInputs) return;
  if (const SplitModel* model = evaluator.split_model()) {
    for (std::size_t modality = 0; modality < rows.layout().modalities.count(); ++modality) {
      if (model->encoding_count(modality) > 0) encoded_.push_back(modality);
    }
  }
  if (encoded_.empty()) {
    throw ConfigError(option("similarity") +
                      ": expected a model that is split into encoders, got one that runs whole; use cosine");
  }
}

std::vector<std::vector<at::Tensor>> PlayerDistances::vectors(const MixedRows& rows, const EncodedRows& encoded) const {
  std::vector<std::vector<at::Tensor>> result;
  if (space_ == ExampleGames::Space::kInputs) {
    result.emplace_back();
    for (std::size_t input = 0; input < rows_.layout().inputs.size(); ++input) {
      result.back().push_back(as_doubles(gather_input(rows_.dataset(), rows_.layout(), input, rows, &rows_)));
    }
    return result;
  }
  for (const std::size_t modality : encoded_) {
    result.emplace_back();
    for (const at::Tensor& encoding : evaluator_.encodings(modality, rows.by_modality[modality], encoded)) {
      result.back().push_back(as_doubles(encoding));
    }
  }
  return result;
}

std::vector<double> PlayerDistances::of(std::span<const std::uint32_t> examples, std::span<const std::uint32_t> rows,
                                        const EncodedRows& encoded) const {
  const std::size_t modality_count = rows_.layout().modalities.count();
  std::vector<double> distances;
  for (std::size_t first = 0; first < examples.size(); first += kRowsAtOnce) {
    const std::size_t count = std::min(kRowsAtOnce, examples.size() - first);
    MixedRows mixed(modality_count, count);
    MixedRows untouched(modality_count, count);
    for (std::size_t row = 0; row < count; ++row) {
      mixed.own[row] = untouched.own[row] = examples[first + row];
      for (std::size_t modality = 0; modality < modality_count; ++modality) {
        mixed.by_modality[modality][row] = rows[(first + row) * modality_count + modality];
        untouched.by_modality[modality][row] = examples[first + row];
      }
    }
    const std::vector<std::vector<at::Tensor>> seen = vectors(mixed, encoded);
    const std::vector<std::vector<at::Tensor>> whole = vectors(untouched, encoded);
    for (std::size_t row = 0; row < count; ++row) {
      double sum = 0.0;
      for (std::size_t vector = 0; vector < seen.size(); ++vector) {
        Products products;
        for (std::size_t part = 0; part < seen[vector].size(); ++part) {
          const auto width = static_cast<std::size_t>(seen[vector][part].numel()) / count;
          const double* one = seen[vector][part].data_ptr<double>() + row * width;
          const double* other = whole[vector][part].data_ptr<double>() + row * width;
          products.add({one, width}, {other, width});
        }
        sum += products.distance();
      }
      if (!std::isfinite(sum)) {
        throw DataError(rows_.dataset().path() + ": example '" + rows_.dataset().id(examples[first + row]) +
                        "': expected finite numbers to measure similarity by, got NaN or infinity; use " +
                        option("similarity") + " cosine");
      }
      distances.push_back(sum / static_cast<double>(seen.size()));
    }
  }
  return distances;
}

}  // namespace modattr
