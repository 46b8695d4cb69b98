#include "package_file.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "modattr/core/error.h"
#include "modattr/data/mapped_file.h"
#include "modattr/data/zip_archive.h"
#include "modattr/model/package_model.h"

namespace modattr {

bool has_package_name(const std::filesystem::path& path) {
  return path.extension() == ".pt2";
}

namespace {

/// Whether the machine code knows the variable that makes it check shapes and types.
bool can_check_inputs(const ZipArchive& archive) {
  return std::ranges::any_of(archive.members(), [&](const ZipMember& member) {
    if (!member.name.ends_with(".so") || member.compression != ZipCompression::kStored) return false;
    const std::span<const std::byte> bytes = archive.stored_bytes(member);
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())
               .find("AOTI_RUNTIME_CHECK_INPUTS") != std::string_view::npos;
  });
}

}  // namespace

void check_package_file(const std::filesystem::path& path) {
  const auto holds = [&](const ZipArchive& archive, const std::string& part) {
    return std::ranges::any_of(archive.members(), [&](const ZipMember& member) {
      return ('/' + member.name).find('/' + part) != std::string::npos;
    });
  };
  try {
    verify_zip(path);
    const ZipArchive archive(MappedFile::open(path));
    if (holds(archive, "data/aotinductor/model/")) {
      if (can_check_inputs(archive)) return;
      throw ModelError(
          path.string() +
          ": expected a package that can check its inputs, as PyTorch 2.14 compiles it, got one that cannot");
    }
    const std::string expected = path.string() + ": expected a compiled package, got ";
    if (holds(archive, "models/model.json") || holds(archive, "serialized_exported_program.json")) {
      throw ModelError(expected +
                       "an exported program that is not compiled; save it by "
                       "torch._inductor.aoti_compile_and_package(program, package_path=path)");
    }
    if (holds(archive, "constants.pkl")) throw ModelError(expected + "a TorchScript model; give it the suffix .pt");
    throw ModelError(expected + "an archive without a model of this name: model");
  } catch (const DataError& error) {
    throw ModelError(error.what());
  }
}

}  // namespace modattr
