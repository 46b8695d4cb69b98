#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/engines/trace/culprit_model.h"
#include "modattr/engines/trace/fault_injection.h"
#include "modattr/engines/trace/repair_place.h"
#include "modattr/engines/trace/traced_case.h"

namespace modattr {

/// Cases of one fault, with what is known of them.
struct FaultCases {
  ModalityFault fault;
  std::size_t try_count = 0;
  std::vector<CaseEvidence> evidence;
};

/// What all examples share: everything that verdicts are calibrated and measured with.
struct TraceShared {
  std::size_t right_count = 0;
  std::vector<FaultCases> calibration;
  std::vector<FaultCases> tested;
  /// Where verdicts are measured: wrong answers to untouched examples of the half that calibrates, and of the other.
  std::vector<CaseEvidence> own_errors;
  std::vector<CaseEvidence> tested_errors;
  /// What could not be done, one sentence each.
  std::vector<std::string> gaps;
  /// When an answer is wrong; empty where it goes without saying.
  std::string rule;
};

/// The cases that calibrate, with their culprits.
std::vector<CalibrationCase> calibration_of(const TraceShared& shared);

/// What is kept of each example.
struct TraceExample {
  /// Place in an order that the examples' ids give.
  std::uint64_t rank = 0;
  bool is_right = false;
  std::optional<std::uint64_t> predicted;
  /// nullopt where the answer was not traced.
  std::optional<CaseEvidence> evidence;
  /// Where the answer can be repaired; only of examples that were asked for by id.
  std::optional<RepairPlace> place;
};

std::string to_bytes(const TraceShared& shared);
TraceShared parse_trace_shared(std::string_view bytes);
void put_example(ByteWriter& writer, const TraceExample& example);
TraceExample take_example(ByteReader& reader);

}  // namespace modattr
