// An input is an examples.jsonl of the modalities image and text. What was read is written and read again, to the same
// bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "modattr/core/error.h"
#include "modattr/report/formats/examples_reader.h"
#include "modattr/report/formats/examples_writer.h"

namespace {

modattr::ScoreTable read_all(const std::string& text) {
  modattr::ScoreTable table;
  table.modalities = {"image", "text"};
  std::istringstream lines(text);
  modattr::ExamplesReader reader(lines, "examples.jsonl", table.modalities);
  while (auto record = reader.next()) table.examples.push_back(std::move(*record));
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string written;
  try {
    written = modattr::to_json_lines(read_all({reinterpret_cast<const char*>(data), size}));
  } catch (const modattr::DataError&) {
    return 0;
  }
  if (modattr::to_json_lines(read_all(written)) != written) std::abort();
  return 0;
}
