// An input is a .csv file.

#include <cstdint>
#include <string>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/data/csv_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    modattr::CsvReader reader({reinterpret_cast<const char*>(data), size}, "val.csv");
    std::size_t position = 0;
    for (std::vector<std::string> fields; reader.next(fields);) {
      if (fields.empty() || reader.position() <= position) __builtin_trap();
      position = reader.position();
    }
  } catch (const modattr::DataError&) {
    return 0;
  }
  return 0;
}
