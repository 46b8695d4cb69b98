// An input is a .jsonl file.

#include "fuzz_file.h"
#include "modattr/core/error.h"
#include "modattr/data/metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> wanted = {"id", "group"};
  try {
    const modattr::FuzzFile file({reinterpret_cast<const char*>(data), size});
    const modattr::Metadata metadata = modattr::read_metadata(file.path(), wanted);
    if (metadata.column("id").size() != metadata.row_count()) std::abort();
    if (metadata.column("group").size() != metadata.row_count()) std::abort();
  } catch (const modattr::DataError&) {
    return 0;
  }
  return 0;
}
