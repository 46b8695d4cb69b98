#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "modattr/core/byte_codec.h"
#include "modattr/engines/attribution_bytes.h"

namespace modattr {

/// All of an attribution as bytes, which are the same only for the same bits.
inline std::string bytes_of(const Attribution& attribution) {
  const auto put_interval = [](ByteWriter& writer, const Interval& interval) {
    writer.put_number(interval.low);
    writer.put_number(interval.high);
  };
  const auto put_example = [](ByteWriter& writer, const ExampleAttribution& example) {
    writer.put_count(example.example);
    put_attribution(example, writer);
  };
  ByteWriter writer;
  writer.put_optional(attribution.score, &ByteWriter::put_number);
  writer.put_optional(attribution.score_ci95, put_interval);
  writer.put_list(attribution.rows, [&](ByteWriter& to, const Score& row) {
    to.put_text(row.modality);
    to.put_text(row.definition);
    to.put_optional(row.group, &ByteWriter::put_text);
    to.put_optional(row.value, &ByteWriter::put_number);
    to.put_optional(row.std_error, &ByteWriter::put_number);
    to.put_optional(row.ci95, put_interval);
    to.put_count(row.examples);
    to.put_optional(row.p_value, &ByteWriter::put_number);
    to.put_optional(row.p_value_examples, &ByteWriter::put_number);
  });
  writer.put_list(attribution.examples, put_example);
  writer.put_optional(attribution.whole_set, put_example);
  writer.put_list(attribution.warnings, &ByteWriter::put_text);
  return writer.take();
}

}  // namespace modattr
