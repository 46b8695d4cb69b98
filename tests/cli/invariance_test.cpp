// The same bytes for every batch size, thread count and run.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

struct Run {
  const char* config;
  const char* metric;
};

class Invariance : public testing::TestWithParam<Run> {};

TEST_P(Invariance, RowsDependOnNeitherBatchesNorThreads) {
  const auto rows = [](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"--repeats", "2", "--metric", GetParam().metric};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return permute_config(GetParam().config, arguments).row_text();
  };
  const std::string first = rows({"--batch-size", "512", "--threads", "1"});
  EXPECT_GT(first.size(), 1000U);
  EXPECT_EQ(rows({"--batch-size", "512", "--threads", "1"}), first) << "a second run";
  EXPECT_EQ(rows({"--batch-size", "7", "--threads", "2"}), first);
  EXPECT_EQ(rows({"--batch-size", "1", "--threads", "3"}), first);
}

// log_loss, mse and r2 show the last digit of every output.
INSTANTIATE_TEST_SUITE_P(Configurations, Invariance,
                         testing::Values(Run{"six-views.json", "log_loss"}, Run{"redundant-pair.json", "accuracy"},
                                         Run{"vector-columns.json", "log_loss"}, Run{"regression.json", "mse"},
                                         Run{"regression.json", "r2"}),
                         [](const testing::TestParamInfo<Run>& parameter) {
                           std::string name = std::string(parameter.param.config) + "_" + parameter.param.metric;
                           std::erase_if(name, [](char letter) { return letter == '-' || letter == '.'; });
                           return name;
                         });

TEST(InvarianceOfCalls, RowsPerCallOfTheModelMayOnlyMoveLastDigits) {
  Json config = Json::parse(read_file(kConfigs / "six-views.json"));
  config["model"]["path"] = (kFixtures / "mfeat/views.pt").string();
  config["data"]["path"] = (kFixtures / "mfeat/views.npz").string();
  const TemporaryFolder folder;
  const auto loss = [&](std::size_t rows_per_call) {
    config["model"]["rows_per_call"] = rows_per_call;
    write_file(folder / "modattr.json", config.dump());
    return Scores(run_program({.arguments = {"permute", "--repeats", "1", "--metric", "log_loss", "--format", "json"},
                               .folder = folder.path()}))
        .drop("fac");
  };
  const double reference = loss(64);
  EXPECT_NEAR(loss(5), reference, 1e-6);
  EXPECT_NEAR(loss(1000), reference, 1e-6) << "more rows than examples";
}

}  // namespace
}  // namespace modattr
