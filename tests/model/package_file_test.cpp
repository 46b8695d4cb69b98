#include "model/package_file.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/model/package_model.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// What is looked for in machine code.
const std::string kCode = "machine code that reads AOTI_RUNTIME_CHECK_INPUTS";

class PackageFile : public testing::Test {
 protected:
  std::string check() {
    return thrown_message<ModelError>([&] {
      check_package_file(path_);
      return 0;
    });
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "model.pt2";
};

TEST_F(PackageFile, IsKnownByItsName) {
  EXPECT_TRUE(has_package_name("some/model.pt2"));
  EXPECT_FALSE(has_package_name("some/model.pt"));
  EXPECT_FALSE(has_package_name("model.pt2/model"));
}

TEST_F(PackageFile, HoldsMachineCode) {
  for (const std::string folder : {"", "named/"}) {
    write_zip(path_, {{folder + "archive_format", "pt2"}, {folder + "data/aotinductor/model/a.wrapper.so", kCode}});
    EXPECT_EQ(check(), "nothing was thrown");
  }
}

TEST_F(PackageFile, SaysWhatOtherFilesAre) {
  write_zip(path_, {{"x/archive_format", "pt2"}, {"x/models/model.json", "{}"}});
  EXPECT_TRUE(mentions(check(), {"model.pt2: expected a compiled package, got an exported program that is not compiled",
                                 "aoti_compile_and_package"}));
  write_zip(path_, {{"model/data.pkl", ""}, {"model/constants.pkl", ""}});
  EXPECT_TRUE(mentions(check(), {"got a TorchScript model; give it the suffix .pt"}));
  write_zip(path_, {{"x/data/aotinductor/other/a.so", "code"}});
  EXPECT_TRUE(mentions(check(), {"an archive without a model of this name: model"}));
  write_file(path_, "no archive");
  EXPECT_TRUE(mentions(check(), {"model.pt2: expected"}));
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] {
                         check_package_file(folder_ / "none.pt2");
                         return 0;
                       }),
                       {"none.pt2"}));
}

// Without the check, a package computes with whatever lies in memory where it is called with another shape.
TEST_F(PackageFile, ChecksWhatItIsCalledWith) {
  write_zip(path_, {{"data/aotinductor/model/a.wrapper.so", "code"}, {"data/aotinductor/model/a.wrapper.cpp", kCode}});
  EXPECT_TRUE(mentions(check(), {"expected a package that can check its inputs", "PyTorch 2.14"}));
}

TEST_F(PackageFile, MayBeDamaged) {
  write_zip(path_, {{"data/aotinductor/model/a.wrapper.so", "machine code " + kCode}});
  std::string content = read_file(path_);
  content.replace(content.find("machine"), 7, "mAchine");
  write_file(path_, content);
  EXPECT_TRUE(mentions(check(), {"a.wrapper.so", "CRC-32"}));
}

TEST_F(PackageFile, NeedsALibtorchThatReadsIt) {
  if (reads_packages()) GTEST_SKIP() << "this libtorch reads packages";
  write_zip(path_, {{"data/aotinductor/model/a.wrapper.so", kCode}});
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { return load_package_model({.path = path_, .arguments = {}}); }),
                       {"model.pt2: expected a TorchScript model", "reads no compiled packages (2.14 does)"}));
}

}  // namespace
}  // namespace modattr
