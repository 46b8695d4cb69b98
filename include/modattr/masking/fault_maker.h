#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/core/rng.h"
#include "modattr/core/tracing/fault.h"
#include "modattr/data/dataset.h"
#include "modattr/masking/segmentation.h"

namespace modattr {

/// What faults of a modality are made of.
struct FaultMakerOptions {
  /// "image", "tokens", ...
  std::string kind = "tensor";
  /// Tokens that stay where they are.
  std::vector<std::int64_t> special_ids = {};
  /// Tokens by id, which tell the unknown one; empty = not known.
  std::vector<std::string> vocabulary = {};
  /// Examples that tell the range and deviation of numbers, and which tokens there are.
  std::vector<std::uint32_t> sample = {};
};

/// A fault of an example, and the random numbers that it is made with: the same ones make the same copy.
struct FaultDraw {
  std::uint32_t example = 0;
  Fault fault;
  RandomStream stream;

  bool operator==(const FaultDraw&) const = default;
};

/// Makes faulty copies of a modality's data, example by example. All inputs of the modality suffer the same fault:
/// where a token goes, what other inputs say of its position goes, too.
class FaultMaker {
 public:
  virtual ~FaultMaker() = default;
  /// Why the modality cannot have a fault of this kind; empty where it can.
  virtual std::string why_not(const Fault& fault) const = 0;
  /// The faulty data of one of the dataset's inputs, [1, ...]; columns of other modalities stay as they are. Safe to
  /// call from many threads.
  virtual at::Tensor make(std::size_t input, const FaultDraw& draw) const = 0;
  /// Tokens of an example's text without padding and special ids; empty for other kinds of modality.
  virtual std::vector<std::int64_t> tokens(std::uint32_t example) const = 0;
  virtual std::vector<std::int64_t> tokens(const FaultDraw& draw) const = 0;
};

/// `inputs`: the dataset's inputs of the modality, in its order; of tokens the first one holds ids. Borrows the
/// dataset.
std::unique_ptr<FaultMaker> make_fault_maker(FaultMakerOptions options, const Dataset& dataset,
                                             std::span<const SegmentedInput> inputs);

}  // namespace modattr
