// An input that starts with { is a header, to which a length and 17 bytes of data are added; otherwise it is a whole
// file.

#include "fuzz_file.h"
#include "modattr/core/error.h"
#include "modattr/data/safetensors_reader.h"
#include "support/array_writers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    const std::string content =
        input.starts_with('{') ? modattr::safetensors_content(input, std::string(17, 'a')) : std::string(input);
    const modattr::FuzzFile file(content);
    modattr::touch(modattr::read_safetensors(modattr::MappedFile::open(file.path())));
  } catch (const modattr::DataError&) {
    return 0;
  }
  return 0;
}
