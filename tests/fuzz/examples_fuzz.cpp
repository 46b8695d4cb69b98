// An input is an examples.jsonl, or a trace.jsonl, of the modalities image and text. What was read is written and read
// again, to the same bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "modattr/core/error.h"
#include "modattr/report/formats/examples_reader.h"
#include "modattr/report/formats/examples_writer.h"

namespace {

template <typename Reader>
modattr::ScoreTable read_all(const std::string& text) {
  modattr::ScoreTable table;
  table.modalities = {"image", "text"};
  std::istringstream lines(text);
  Reader reader(lines, "lines.jsonl", table.modalities);
  while (auto record = reader.next()) table.examples.push_back(std::move(*record));
  return table;
}

template <typename Reader>
void read_and_write(const std::string& text, std::string (*write)(const modattr::ScoreTable& table)) {
  std::string written;
  try {
    written = write(read_all<Reader>(text));
  } catch (const modattr::DataError&) {
    return;
  }
  if (write(read_all<Reader>(written)) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_and_write<modattr::ExamplesReader>(text, modattr::to_json_lines);
  read_and_write<modattr::TraceReader>(text, modattr::to_trace_lines);
  return 0;
}
