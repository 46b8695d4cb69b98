#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "modattr/value/mixes/combination_numbers.h"
#include "modattr/value/mixes/mix.h"
#include "modattr/value/mixes/row_numbers.h"

namespace modattr {

/// Mixes of the same examples; everything is borrowed.
struct MixList {
  std::span<const Mix> mixes;
  std::span<const std::uint32_t> examples;

  std::size_t place_count() const noexcept { return mixes.size() * examples.size(); }
};

/// A stretch of the (mix, example) pairs of a list of mixes; pair (m, i) has the place m * examples + i.
struct PlaceRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// What a stretch of places comes down to: the mixes of rows that must be evaluated, and where their outputs go.
struct MixPlan {
  /// Every place is a group of its own.
  static MixPlan one_by_one(PlaceRange range);

  /// One group of places per mix of rows that is new, in the order of their first places.
  std::size_t group_count() const noexcept { return group_starts.size() - 1; }
  std::span<const std::size_t> group(std::size_t group) const {
    return std::span(places).subspan(group_starts[group], group_starts[group + 1] - group_starts[group]);
  }

  /// [groups + 1]
  std::vector<std::size_t> group_starts;
  /// The places of group 0, of group 1, ...
  std::vector<std::size_t> places;
  /// MixTable::output() of group 0; those of the further groups follow.
  std::size_t first_output = 0;

  /// A place whose output is known.
  struct Known {
    std::size_t place = 0;
    std::size_t output = 0;
  };
  std::vector<Known> known;
};

/// Finds mixes of equal rows, so that each is evaluated once: within one plan always; from plan to plan where there are
/// so few possible mixes that the outputs of all of them fit into 256 MiB. What is found depends on the set and the
/// order of plans only, not on threads or free memory.
class MixTable {
 public:
  /// `output_width`: numbers per output.
  MixTable(RowNumbers rows, std::size_t modality_count, std::size_t output_width);

  /// Outputs of the new groups have to be written before the next plan is made.
  MixPlan plan(const MixList& list, PlaceRange range);

  /// Whether outputs are kept from plan to plan.
  bool remembers() const noexcept { return !output_of_mix_.empty(); }
  /// Place for an output, [output_width]; only when the table remembers.
  std::span<double> output(std::size_t output) {
    return std::span(outputs_).subspan(output * output_width_, output_width_);
  }
  void forget();

 private:
  CombinationNumbers number_mixes(const MixList& list, PlaceRange range) const;

  RowNumbers rows_;
  std::size_t modality_count_;
  std::size_t output_width_;
  /// 1 + the output of every possible mix of rows, 0 = unknown; empty when there are too many.
  std::vector<std::uint32_t> output_of_mix_;
  std::vector<double> outputs_;
  std::size_t output_count_ = 0;
};

}  // namespace modattr
