#include "modattr/engines/trace/trace_evaluation.h"

namespace modattr {
namespace {

void put_cases(ByteWriter& writer, const FaultCases& cases) {
  writer.put_count(cases.fault.modality);
  writer.put_text(cases.fault.fault.kind);
  writer.put_optional(cases.fault.fault.strength, &ByteWriter::put_number);
  writer.put_count(cases.try_count);
  writer.put_list(cases.evidence, put_evidence);
}

FaultCases take_cases(ByteReader& reader) {
  FaultCases cases;
  cases.fault.modality = reader.take_count();
  cases.fault.fault.kind = reader.take_text();
  cases.fault.fault.strength = reader.take_optional(&ByteReader::take_number);
  cases.try_count = reader.take_count();
  cases.evidence = reader.take_list(take_evidence);
  return cases;
}

}  // namespace

std::vector<CalibrationCase> calibration_of(const TraceShared& shared) {
  std::vector<CalibrationCase> calibration;
  for (const FaultCases& cases : shared.calibration) {
    for (const CaseEvidence& evidence : cases.evidence) {
      calibration.push_back({cases.fault.modality, cases.fault.is_swap(), evidence});
    }
  }
  return calibration;
}

std::string to_bytes(const TraceShared& shared) {
  ByteWriter writer;
  writer.put_count(shared.right_count);
  writer.put_list(shared.calibration, put_cases);
  writer.put_list(shared.tested, put_cases);
  writer.put_list(shared.own_errors, put_evidence);
  writer.put_list(shared.tested_errors, put_evidence);
  writer.put_list(shared.gaps, &ByteWriter::put_text);
  writer.put_text(shared.rule);
  return writer.take();
}

TraceShared parse_trace_shared(std::string_view bytes) {
  ByteReader reader(bytes);
  TraceShared shared;
  shared.right_count = reader.take_count();
  shared.calibration = reader.take_list(take_cases);
  shared.tested = reader.take_list(take_cases);
  shared.own_errors = reader.take_list(take_evidence);
  shared.tested_errors = reader.take_list(take_evidence);
  for (const std::string_view gap : reader.take_list(&ByteReader::take_text)) shared.gaps.emplace_back(gap);
  shared.rule = reader.take_text();
  reader.finish();
  return shared;
}

void put_example(ByteWriter& writer, const TraceExample& example) {
  writer.put_count(example.rank);
  writer.put_count(example.is_right ? 1 : 0);
  writer.put_optional(example.predicted, &ByteWriter::put_count);
  writer.put_optional(example.evidence, put_evidence);
  writer.put_optional(example.place, put_place);
}

TraceExample take_example(ByteReader& reader) {
  TraceExample example;
  example.rank = reader.take_count();
  example.is_right = reader.take_count() != 0;
  example.predicted = reader.take_optional(&ByteReader::take_count);
  example.evidence = reader.take_optional(take_evidence);
  example.place = reader.take_optional(take_place);
  return example;
}

}  // namespace modattr
