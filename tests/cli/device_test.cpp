// The program on a GPU, by an emulated one: see tests/device/emulated_gpu.cpp.

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

using Arguments = std::vector<std::string>;

/// What has gone between the processor and the device, in the order of the emulation's report.
struct Transfers {
  std::uint64_t to_device = 0;
  std::uint64_t bytes_to_device = 0;
  std::uint64_t unpinned = 0;
  std::uint64_t to_host = 0;
  std::uint64_t bytes_to_host = 0;
};

class Device : public testing::TestWithParam<Arguments> {
 protected:
  /// `modattr ... --format json` on the demo.
  ProgramResult run(Arguments arguments, const std::string& device,
                    const std::vector<std::pair<std::string, std::string>>& environment = {}) {
    ProgramCall call;
    arguments.insert(arguments.end(), {"--format", "json", "--device", device});
    call.arguments = arguments;
    call.folder = MODATTR_SOURCE_DIR;
    call.environment = {{"LD_PRELOAD", MODATTR_EMULATED_GPU}, {"MODATTR_EMULATED_GPU_REPORT", report().string()}};
    call.environment.insert(call.environment.end(), environment.begin(), environment.end());
    return run_program(call);
  }

  std::filesystem::path report() const { return folder_ / "report"; }
  Transfers transfers() const {
    const std::string bytes = read_file(report());
    Transfers result;
    EXPECT_EQ(bytes.size(), sizeof result);
    if (bytes.size() == sizeof result) std::memcpy(&result, bytes.data(), sizeof result);
    return result;
  }

 private:
  TemporaryFolder folder_;
};

TEST_P(Device, GivesTheScoresOfTheProcessor) {
  const Scores expected(run(GetParam(), "cpu"));
  EXPECT_FALSE(std::filesystem::exists(report())) << "nothing went anywhere";
  const Scores found(run(GetParam(), "cuda"));
  EXPECT_GT(transfers().to_device, 0U);
  // Paths cross bends of the model, where rounding chooses the side.
  const bool is_path = std::ranges::any_of(
      GetParam(), [](const std::string& argument) { return argument == "ig" || argument == "gradient"; });
  const double tolerance = is_path ? 1e-4 : 1e-5;
  const Json& rows = expected.document().at("rows");
  ASSERT_EQ(found.document().at("rows").size(), rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Json& other = found.document().at("rows")[row];
    EXPECT_EQ(other.at("definition"), rows[row].at("definition"));
    EXPECT_EQ(other.at("modality"), rows[row].at("modality"));
    ASSERT_EQ(other.at("value").is_null(), rows[row].at("value").is_null()) << rows[row];
    if (rows[row].at("value").is_null()) continue;
    const double value = rows[row].at("value").get<double>();
    EXPECT_NEAR(other.at("value").get<double>(), value, tolerance * std::max(1.0, std::abs(value))) << rows[row];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Engines, Device,
    testing::Values(Arguments{"permute", "--repeats", "2", "--examples", "300"}, Arguments{"shap", "--examples", "100"},
                    Arguments{"shap", "--sage", "--examples", "100"},
                    Arguments{"shap", "--level", "feature", "--ids", "17,29", "--background", "2"},
                    Arguments{"shap", "--level", "feature", "--method", "deep", "--ids", "17", "--background", "4"},
                    Arguments{"shap", "--level", "feature", "--method", "ig", "--ids", "17", "--background", "4"},
                    Arguments{"shap", "--level", "feature", "--method", "gradient", "--ids", "17", "--background", "4"},
                    Arguments{"lime", "--ids", "17,29", "--budget", "400"},
                    Arguments{"lime", "--ids", "17", "--budget", "400", "--similarity", "encoder"},
                    Arguments{"lime", "--ids", "17", "--budget", "400", "--similarity", "input-cosine"},
                    Arguments{"trace", "--examples", "400"},
                    Arguments{"permute", "--no-split", "--repeats", "1", "--examples", "60"}),
    [](const testing::TestParamInfo<Arguments>& test) {
      std::string name = std::to_string(test.index);
      for (const std::string& argument : test.param) {
        if (!argument.starts_with("--")) name += "_" + argument;
      }
      for (char& letter : name) {
        if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
      }
      return name;
    });

/// On the whole demo, where 50,000 mixes are made of 1,690 encodings.
TEST_F(Device, KeepsEncodingsAndMixesWhereTheyAre) {
  const auto transfers_of = [&](const std::string& repeats) {
    Scores(run({"permute", "--repeats", repeats}, "cuda"));
    return transfers();
  };
  const Transfers one = transfers_of("1");
  const Transfers ten = transfers_of("10");
  // 36,000 mixes more: two numbers of rows of 8 bytes go there, 22 logits of 4 bytes come back. An encoding has 256
  // numbers.
  EXPECT_LT(ten.bytes_to_device - one.bytes_to_device, 36'000U * 2U * 8U * 3U / 2U);
  EXPECT_LT(ten.bytes_to_host - one.bytes_to_host, 36'000U * 22U * 4U * 3U);
  // The weights of the model alone, which are read once.
  EXPECT_EQ(ten.unpinned, one.unpinned);
  EXPECT_GT(ten.to_device, one.to_device + 100U);
}

/// Variants of pictures and words, which encoders read: more of them with a larger budget.
TEST_F(Device, SendsDataByPinnedMemory) {
  const auto transfers_of = [&](const std::string& budget) {
    Scores(run({"lime", "--ids", "17", "--budget", budget}, "cuda"));
    return transfers();
  };
  const Transfers few = transfers_of("300");
  const Transfers many = transfers_of("2000");
  EXPECT_GT(many.to_device, few.to_device + 20U);
  // The weights of the model alone, which are read once.
  EXPECT_EQ(many.unpinned, few.unpinned);
}

TEST_F(Device, SaysWhatHelpsWhereItsMemoryIsFull) {
  const ProgramResult full = run({"permute", "--repeats", "1"}, "cuda", {{"MODATTR_EMULATED_GPU_BLOCK", "2000000"}});
  EXPECT_EQ(full.exit_code, 3);
  EXPECT_TRUE(full.errors.find(" bytes; try a smaller model.rows_per_call or --cache-mb, or --device cpu") !=
              std::string::npos)
      << full.errors;
  const ProgramResult tiny = run({"permute", "--repeats", "1"}, "cuda", {{"MODATTR_EMULATED_GPU_BLOCK", "100000"}});
  EXPECT_EQ(tiny.exit_code, 3);
  EXPECT_NE(tiny.errors.find("model.pt: expected room for its weights on the device, got too little; use --device cpu"),
            std::string::npos)
      << tiny.errors;
}

TEST_F(Device, IsTheFirstGpuByDefaultAndRefusesAnother) {
  EXPECT_EQ(run({"permute", "--repeats", "1", "--examples", "50"}, "auto").exit_code, 0);
  EXPECT_GT(transfers().to_device, 0U);
  const ProgramResult refused = run({"permute", "--repeats", "1"}, "cuda:1");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.errors.find("--device: expected a device that libtorch has (CUDA devices: 1), got 'cuda:1'"),
            std::string::npos)
      << refused.errors;
}

}  // namespace
}  // namespace modattr
