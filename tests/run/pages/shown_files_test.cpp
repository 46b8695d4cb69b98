// Pages of results on manifests: which files they open.

#include <array>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "modattr/data/raw/decoded_rows.h"
#include "modattr/run/config/config.h"
#include "run/pages/page_data.h"
#include "run/pages/shown_data.h"
#include "run/raw/raw_data.h"
#include "support/array_writers.h"
#include "support/drawn_picture.h"
#include "support/temporary_folder.h"

namespace modattr::shown_files_test {
namespace {

constexpr std::uint32_t kFiles = 200;

/// A manifest of pictures without ids, of which the first, the last and one more are damaged, and a result on it.
struct ResultOnFiles {
  explicit ResultOnFiles(const nlohmann::ordered_json& preprocessing = {{"rescale", true}}) {
    std::string rows = "photo,age,label\n";
    for (std::uint32_t number = 0; number < kFiles; ++number) {
      const std::string name = "p" + std::to_string(number) + ".png";
      const bool is_damaged = number == 0 || number == 7 || number + 1 == kFiles;
      write_file(folder / name, is_damaged ? "no picture" : to_png(drawn_picture(6, 5, number)));
      // Of damaged ones the rest of the row need not be there either.
      rows += name + (is_damaged ? ",,\n" : ",30,1\n");
    }
    write_file(folder / "val.csv", rows);
    const nlohmann::ordered_json config = {
        {"model", {{"path", "model.pt"}}},
        {"data", {{"path", (folder / "val.csv").string()}}},
        {"modalities",
         {{{"name", "image"},
           {"kind", "image"},
           {"inputs", {"image"}},
           {"column", "photo"},
           {"preprocessing", preprocessing}},
          {{"name", "table"}, {"kind", "columns"}, {"inputs", {"table"}}, {"columns", {"age"}}}}}};
    table.config = config.dump();
    table.data = {(folder / "val.csv").string(), digest_of_data(folder / "val.csv", read_result_config(table.config))};
  }

  ShownData open(std::set<std::string> ids) const {
    std::string reason;
    std::optional<ShownData> shown = open_shown_data(table, {.asked = {}, .config = {}, .ids = std::move(ids)}, reason);
    EXPECT_TRUE(shown) << reason;
    return std::move(*shown);
  }

  TemporaryFolder folder;
  ScoreTable table;
};

std::uint64_t made_count(const Dataset& dataset) {
  const auto* const rows = dynamic_cast<const DecodedRows*>(dataset.input(0).storage.get());
  return rows == nullptr ? 0 : rows->made_count();
}

TEST(FilesOfAPage, AreThoseOfTheExamplesThatAreShown) {
  const ResultOnFiles result;
  const ShownData shown = result.open({"5", "120", "121"});
  ASSERT_EQ(shown.dataset->example_count(), 3U);
  EXPECT_EQ(shown.dataset->id(0), "5");
  EXPECT_EQ(shown.dataset->id(2), "121");
  EXPECT_EQ(shown.dataset->input(0).row_count(), 3U);
  EXPECT_EQ(made_count(*shown.dataset), 0U);
  std::vector<ExampleRecord> records;
  for (const char* const id : {"5", "120", "121"}) {
    records.push_back({.id = id, .label = {}, .predicted = {}, .target = {}, .attribution = {}});
  }
  const std::array<const std::vector<ExampleRecord>*, 1> lists = {&records};
  std::vector<std::string> missing;
  Progress silent;
  const PageData data = page_data(*shown.dataset, shown_inputs(shown.modalities), shown.modalities, lists,
                                  kMostPictureBytes, missing, silent);
  EXPECT_TRUE(missing.empty());
  ASSERT_EQ(data.pictures.size(), 3U);
  EXPECT_EQ(data.pictures[1].file, to_png(drawn_picture(6, 5, 120)));
  EXPECT_EQ(made_count(*shown.dataset), 3U);
}

TEST(FilesOfAPage, MatterOnlyWhereTheyAreShown) {
  const ResultOnFiles result;
  std::string reason;
  EXPECT_FALSE(open_shown_data(result.table, {.asked = {}, .config = {}, .ids = {"7", "8"}}, reason));
  EXPECT_NE(reason.find("'p7.png': expected a JPEG, PNG or WebP picture"), std::string::npos) << reason;
  EXPECT_EQ(result.open({}).dataset, nullptr);
}

TEST(FilesOfAPage, LookAsTheyDidBeforePreprocessing) {
  const nlohmann::ordered_json normalize = {{"mean", {0.485, 0.456, 0.406}}, {"std", {0.229, 0.224, -0.225}}};
  for (const nlohmann::ordered_json& steps :
       {nlohmann::ordered_json{{"rescale", true}, {"normalize", normalize}},
        nlohmann::ordered_json{{"channels", "BGR"}, {"rescale", true}, {"normalize", normalize}},
        nlohmann::ordered_json{{"channels", "BGR"}}, nlohmann::ordered_json{{"channels", "RGB"}}}) {
    const ResultOnFiles result(steps);
    const ShownData shown = result.open({"33"});
    const DataPictures pictures(*shown.dataset, shown_inputs(shown.modalities), shown.modalities[0]);
    EXPECT_EQ(pictures.raster(0).pixels, drawn_picture(6, 5, 33).pixels) << steps;
  }
}

}  // namespace
}  // namespace modattr::shown_files_test
