#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/data/dataset.h"

namespace modattr {

enum class RemovalType { kBackground, kMean, kZero, kValue, kToken, kEmpty, kBlur, kFile };

/// The words of `removal.type`, in the order of RemovalType.
std::span<const std::string> removal_names() noexcept;

/// How the data of a modality is removed, unless by rows of a reference set.
struct BaselineOptions {
  RemovalType type = RemovalType::kZero;
  /// For kValue.
  double value = 0.0;
  /// For kToken: the mask or padding id that takes the place of an id.
  std::int64_t token_id = 0;
  /// For kToken: ids that stay where they are.
  std::vector<std::int64_t> special_ids = {};
  /// For kMean: the set whose mean is taken; nullptr = the dataset, of which examples may have been left out.
  const Dataset* population = nullptr;
  /// For kMean: threads that read it.
  std::size_t thread_count = 1;
  /// For kFile: baselines of each input of the modality, [1 or examples, ...].
  std::vector<Array> baselines = {};
};

/// What a baseline depends on.
enum class BaselineVariety { kOneForAll, kOnePerContent, kOnePerExample };

/// What stands in for the data of a removed modality: rows of its inputs in the inputs' own types, selected in place
/// of the example's, never multiplied with it.
///   mean    of the input over the set        zero, value   a constant
///   token   an id in the place of every id but the special ones, in the modality's first input; others stay
///   empty   what the empty text becomes
///   blur    a Gaussian blur of the example's image, sigma = a tenth of the longer side
///   file    rows of an array
class Baseline {
 public:
  virtual ~Baseline() = default;
  virtual BaselineVariety variety() const noexcept = 0;
  /// Baselines in one of the model's inputs, [examples, ...]. Safe to call from many threads.
  virtual at::Tensor rows(std::size_t input, std::span<const std::uint32_t> examples) const = 0;
};

/// `inputs`: the dataset's inputs that the modality is made of, in its order. Throws ConfigError naming the modality
/// when a removal does not go with the type or shape of an input. Borrows the dataset.
std::unique_ptr<Baseline> make_baseline(const BaselineOptions& options, const std::string& modality,
                                        const Dataset& dataset, std::span<const std::size_t> inputs);

}  // namespace modattr
