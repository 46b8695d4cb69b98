#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modattr/core/rng.h"
#include "modattr/core/tracing/case_game.h"
#include "modattr/engines/trace/normal_data.h"
#include "modattr/engines/trace/reference_set.h"
#include "modattr/engines/trace/traced_case.h"

namespace modattr {

/// Whether Shapley values are wanted, which simple rules and reports need and verdicts do not.
enum class ShapleyValues { kNone, kWanted };

/// Gathers what speaks for and against each modality of a case: what the answer would be with data of donors in it, and
/// how untypical its data is. For modality m of a case with label y,
///   repair      R_m = (p + #{donors d: right answer to (the rest of the case, d's data in m)}) / (1 + #donors),
///               where p = share of donors whose own answer would be right for the case
///   typicality  Z_m = (T + Y) / 2, T = 1/2 + 1/2 mean of bayes_factor(p-value) over the data itself, its encoding and
///               the answers it brings; Y = the same among right answers with label y, or T where there are too few
/// Data with the source of the case counts neither as a donor nor as reference.
class EvidenceCollector {
 public:
  /// Describes the reference. Borrows both for its lifetime.
  EvidenceCollector(CaseGame& game, const ReferenceSet& reference, const Rng& rng);

  /// Evidence of each case, in their order.
  std::vector<CaseEvidence> collect(std::span<const TracedCase> cases, ShapleyValues shapley);
  /// The model's answers to the cases themselves: which of them are right.
  std::vector<char> are_right(std::span<const TracedCase> cases);

  /// Mixes that collect() asks for: of equal ones of a case one.
  std::size_t query_count(std::size_t case_count, ShapleyValues shapley) const;
  /// Why no typicality is known; empty where it is.
  const std::string& typicality_gap() const noexcept { return typicality_gap_; }

 private:
  /// What is read from the answer to a mix.
  struct MixAnswer;
  /// Cases that are evaluated together, with the rows of their modalities.
  struct Block;
  /// Which mixes with donors a case is asked.
  struct MixPlan;

  /// Rows of each modality of the cases, [modalities][cases]; faulty ones are made.
  std::vector<std::vector<std::uint32_t>> add_rows(std::span<const TracedCase> cases);
  /// Coalitions, as bits of the modalities that keep the case's data, that are asked with donor `donor`.
  std::vector<std::uint32_t> coalitions_of(std::size_t donor, ShapleyValues shapley) const;
  std::vector<std::size_t> permutation_of(std::size_t donor) const;
  MixPlan plan_mixes(ShapleyValues shapley) const;
  void collect_block(std::span<const TracedCase> cases, ShapleyValues shapley, std::span<CaseEvidence> evidence);
  MixAnswer read(const Block& block, std::size_t place, std::span<const double> output) const;
  /// The cases themselves, and then their mixes with donors.
  void ask_cases(Block& block);
  void ask_mixes(Block& block, ShapleyValues shapley);
  void add_repair(const Block& block, std::size_t place, CaseEvidence& evidence) const;
  void add_shapley(const Block& block, std::size_t place, CaseEvidence& evidence) const;
  void add_typicality(const Block& block, std::span<CaseEvidence> evidence);

  CaseGame& game_;
  const ReferenceSet& reference_;
  const Rng& rng_;
  std::vector<std::uint32_t> donors_;
  /// Donors whose mixes with one modality of a case show its behaviour.
  std::size_t behaviour_donor_count_ = 0;
  /// [modalities]; empty where typicality is not known.
  std::vector<NormalData> normal_;
  std::string typicality_gap_;
};

}  // namespace modattr
