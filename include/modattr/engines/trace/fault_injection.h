#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "modattr/core/rng.h"
#include "modattr/core/tracing/case_game.h"
#include "modattr/engines/trace/evidence.h"
#include "modattr/engines/trace/reference_set.h"
#include "modattr/engines/trace/traced_case.h"

namespace modattr {

/// A fault of one modality.
struct ModalityFault {
  std::size_t modality = 0;
  Fault fault;

  bool is_swap() const { return fault.kind == kSwap; }
};

/// How long wrong answers are looked for.
struct InjectionLimits {
  /// Wrong answers that are kept.
  std::size_t case_count = 100;
  std::size_t most_tries = 3000;
};

/// Faults that have made right answers wrong.
struct InjectedCases {
  std::vector<TracedCase> cases;
  /// Right answers that the fault was tried on.
  std::size_t try_count = 0;
};

/// Puts a fault into right answers of `pool`, one after the other, and keeps those that become wrong. Swaps take data
/// of another right answer of the pool.
InjectedCases inject_fault(CaseGame& game, const ReferenceSet& reference, EvidenceCollector& collector,
                           std::span<const std::uint32_t> pool, const ModalityFault& fault,
                           const InjectionLimits& limits, const Rng& rng);

}  // namespace modattr
