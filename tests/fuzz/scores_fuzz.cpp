// An input is a scores.json. What was read is written and read again, to the same bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "modattr/core/error.h"
#include "modattr/report/formats/json_reader.h"
#include "modattr/report/formats/json_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string written;
  try {
    written = modattr::to_json(modattr::read_scores({reinterpret_cast<const char*>(data), size}, "scores.json"));
  } catch (const modattr::DataError&) {
    return 0;
  }
  if (modattr::to_json(modattr::read_scores(written, "scores.json")) != written) std::abort();
  return 0;
}
