#include "run/pages/shown_data.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "modattr/data/file_digest.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

/// A data file, and the table of a result on it.
struct ResultOnData {
  ResultOnData() {
    write_npz(file,
              {TestArray::of<float>("x", {2, 3}, {0, 1, 2, 3, 4, 5}), TestArray::of<std::int64_t>("id", {2}, {7, 9})});
    table.data = {file.string(), sha256_of_file(file)};
    nlohmann::ordered_json config = {{"model", {{"kind", "logits"}}},
                                     {"data", {{"path", file.string()}, {"id", "id"}}},
                                     {"modalities", {{{"name", "x"}, {"kind", "columns"}, {"inputs", {"x[0:2]"}}}}}};
    table.config = config.dump();
  }

  TemporaryFolder folder;
  std::filesystem::path file = folder / "val.npz";
  ScoreTable table;
};

TEST(ShownData, IsFoundWhereTheResultNamesIt) {
  const ResultOnData result;
  std::string reason;
  const std::optional<ShownData> shown = open_shown_data(result.table, {}, reason);
  ASSERT_TRUE(shown) << reason;
  EXPECT_EQ(shown->dataset->id(1), "9");
  ASSERT_EQ(shown->modalities.size(), 1U);
  EXPECT_EQ(shown->modalities[0].inputs.at(0).columns.at(0).end, 2);
}

TEST(ShownData, IsTheFileThatIsAskedFor) {
  const ResultOnData result;
  std::filesystem::copy_file(result.file, result.folder / "moved.npz");
  std::filesystem::remove(result.file);
  std::string reason;
  EXPECT_TRUE(open_shown_data(result.table, {.asked = result.folder / "moved.npz", .config = {}}, reason));
  write_npz(result.folder / "moved.npz", {TestArray::of<float>("x", {1, 3}, {0, 1, 2})});
  EXPECT_THROW(open_shown_data(result.table, {.asked = result.folder / "moved.npz", .config = {}}, reason), DataError);
  EXPECT_THROW(open_shown_data(result.table, {.asked = result.folder / "none.npz", .config = {}}, reason), DataError);
}

TEST(ShownData, IsMissingWithAReason) {
  const ResultOnData result;
  std::string reason;
  write_npz(result.file, {TestArray::of<float>("x", {1, 3}, {0, 1, 2})});
  EXPECT_FALSE(open_shown_data(result.table, {}, reason));
  EXPECT_NE(reason.find("val.npz is another one by now"), std::string::npos) << reason;
  std::filesystem::remove(result.file);
  EXPECT_FALSE(open_shown_data(result.table, {}, reason));
  EXPECT_NE(reason.find("val.npz was not found"), std::string::npos) << reason;
}

TEST(ShownModalities, OfAConfigurationOfAnotherFormAreNone) {
  ScoreTable table;
  for (const char* const config : {"", "[]", "{}", R"({"modalities": 1})", R"({"modalities": [1]})"}) {
    table.config = config;
    EXPECT_TRUE(shown_modalities(table).empty()) << config;
  }
}

}  // namespace
}  // namespace modattr
