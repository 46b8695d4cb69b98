// An input that starts with P is a whole archive; otherwise it is the data.pkl of one: the checksums of an archive let
// hardly any change of its bytes reach what is behind them.

#include "fuzz_file.h"
#include "modattr/core/error.h"
#include "modattr/data/pt_reader.h"
#include "support/array_writers.h"

namespace {

void read_archive(const std::filesystem::path& path) {
  modattr::ZipArchive archive(modattr::MappedFile::open(path));
  modattr::touch(modattr::read_pt(archive));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    if (input.starts_with('P')) {
      read_archive(modattr::FuzzFile(input).path());
    } else {
      const modattr::FuzzFile file("");
      modattr::write_pt(file.path(), input, {std::string(24, 'a'), std::string(8, 'b'), std::string(2, '\1')});
      read_archive(file.path());
    }
  } catch (const modattr::DataError&) {
    return 0;
  }
  return 0;
}
