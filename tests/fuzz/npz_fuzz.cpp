// An input that starts with P is a whole archive. Otherwise its first byte says how its rest is packed as one array:
// the checksums of an archive let hardly any change of its bytes reach what is behind them.

#include "fuzz_file.h"
#include "modattr/core/error.h"
#include "modattr/data/npz_reader.h"
#include "support/array_writers.h"

namespace {

void read_archive(const std::filesystem::path& path) {
  modattr::ZipArchive archive(modattr::MappedFile::open(path));
  for (const modattr::ZipMember& member : archive.members()) archive.verify(member);
  modattr::touch(modattr::read_npz(archive));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    if (input.starts_with('P')) {
      read_archive(modattr::FuzzFile(input).path());
    } else if (!input.empty()) {
      const auto compression =
          (input[0] & 1) != 0 ? modattr::ZipCompression::kDeflated : modattr::ZipCompression::kStored;
      const modattr::FuzzFile file("");
      modattr::write_zip(file.path(), {{"x.npy", std::string(input.substr(1)), compression}});
      read_archive(file.path());
    }
  } catch (const modattr::DataError&) {
    return 0;
  }
  return 0;
}
