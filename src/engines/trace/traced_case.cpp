#include "modattr/engines/trace/traced_case.h"

namespace modattr {
namespace {

void put_p_values(ByteWriter& writer, const TailPValues& values) {
  writer.put_optional(values.overall, &ByteWriter::put_number);
  writer.put_optional(values.within_label, &ByteWriter::put_number);
}

TailPValues take_p_values(ByteReader& reader) {
  TailPValues values;
  values.overall = reader.take_optional(&ByteReader::take_number);
  values.within_label = reader.take_optional(&ByteReader::take_number);
  return values;
}

}  // namespace

void put_evidence(ByteWriter& writer, const CaseEvidence& evidence) {
  writer.put_count(evidence.is_right ? 1 : 0);
  writer.put_number(evidence.probability);
  writer.put_number(evidence.empty_probability);
  writer.put_number(evidence.empty_right);
  writer.put_list(evidence.modalities, [](ByteWriter& out, const ModalityEvidence& modality) {
    out.put_number(modality.repair);
    out.put_count(modality.right_count);
    out.put_count(modality.donor_count);
    out.put_number(modality.repair_probability);
    put_p_values(out, modality.data);
    put_p_values(out, modality.encoding);
    put_p_values(out, modality.behaviour);
    out.put_number(modality.typicality);
    out.put_number(modality.blame);
    out.put_number(modality.valuation);
  });
  writer.put_numbers(evidence.rules.predicted);
  writer.put_numbers(evidence.rules.log_probability);
  writer.put_numbers(evidence.rules.margin);
  writer.put_count(evidence.evaluation_count);
}

CaseEvidence take_evidence(ByteReader& reader) {
  CaseEvidence evidence;
  evidence.is_right = reader.take_count() != 0;
  evidence.probability = reader.take_number();
  evidence.empty_probability = reader.take_number();
  evidence.empty_right = reader.take_number();
  evidence.modalities = reader.take_list([](ByteReader& in) {
    ModalityEvidence modality;
    modality.repair = in.take_number();
    modality.right_count = static_cast<std::uint32_t>(in.take_count());
    modality.donor_count = static_cast<std::uint32_t>(in.take_count());
    modality.repair_probability = in.take_number();
    modality.data = take_p_values(in);
    modality.encoding = take_p_values(in);
    modality.behaviour = take_p_values(in);
    modality.typicality = in.take_number();
    modality.blame = in.take_number();
    modality.valuation = in.take_number();
    return modality;
  });
  evidence.rules.predicted = reader.take_numbers().to_vector();
  evidence.rules.log_probability = reader.take_numbers().to_vector();
  evidence.rules.margin = reader.take_numbers().to_vector();
  evidence.evaluation_count = reader.take_count();
  return evidence;
}

}  // namespace modattr
