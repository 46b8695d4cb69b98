#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/array_writers.h"
#include "support/drawn_picture.h"
#include "support/program_process.h"
#include "support/temporary_folder.h"
#include "support/torchscript_models.h"

namespace modattr {
namespace {

const std::string kRawRoot = MODATTR_SOURCE_DIR;

nlohmann::json raw_json(const std::vector<std::string>& arguments, const std::filesystem::path& folder = {}) {
  std::vector<std::string> all = arguments;
  all.insert(all.end(), {"--format", "json"});
  const ProgramResult result = run_program({.arguments = all, .folder = folder});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  return nlohmann::json::parse(result.output, nullptr, false);
}

/// A folder with a manifest of pictures and a model that wants them as float32 [N, 3, 6, 6].
class RawFilesTest : public testing::Test {
 protected:
  RawFilesTest() {
    std::string rows = "photo,age,sex,label\n";
    for (std::uint32_t number = 0; number < 12; ++number) {
      const std::string name = "photos/" + std::to_string(number) + ".png";
      std::filesystem::create_directories(folder_ / "photos");
      write_file(folder_ / name, to_png(drawn_picture(9 + number % 4, 8 + number % 3, number)));
      rows += name + "," + std::to_string(20 + 3 * number) + "," + (number % 2 == 0 ? "f" : "m") + "," +
              (number % 3 == 0 ? "yes" : "no") + "\n";
    }
    write_file(folder_ / "val.csv", rows);
    save_model(folder_ / "model.pt",
               "def forward(self, image, table):\n"
               "    score = image.mean([1, 2, 3]) + table.sum(1) * 0.1\n"
               "    return torch.stack([score, -score], 1)\n");
    write_file(folder_ / "modattr.json", R"({
      "model": {"path": "model.pt"},
      "data": {"path": "val.csv", "classes": ["no", "yes"], "group": "sex"},
      "modalities": [
        {"name": "image", "kind": "image", "inputs": ["image"], "column": "photo",
         "preprocessing": {"resize": 7, "center_crop": 6, "rescale": true}},
        {"name": "table", "kind": "columns", "inputs": ["table"], "columns": ["age", "sex"],
         "preprocessing": {"age": {"mean": 35, "std": 10}, "sex": {"categories": ["f", "m"]}}}]})");
  }

  ProgramResult run(std::vector<std::string> arguments) {
    return run_program({.arguments = std::move(arguments), .folder = folder_.path()});
  }

  TemporaryFolder folder_;
};

TEST(RawDemo, GivesTheScoresOfItsArraysBitForBit) {
  for (const std::string engine : {"permute", "shap"}) {
    std::vector<std::string> options = {engine, "--repeats", "2"};
    if (engine == "shap") options = {engine, "--examples", "60", "--background", "10"};
    std::vector<std::string> raw = options;
    std::vector<std::string> arrays = options;
    raw.insert(raw.end(), {"--config", kRawRoot + "/configs/shapes-raw.json"});
    arrays.insert(arrays.end(), {"--config", kRawRoot + "/configs/vqa.json"});
    const nlohmann::json of_raw = raw_json(raw);
    const nlohmann::json of_arrays = raw_json(arrays);
    EXPECT_EQ(of_raw["score"], of_arrays["score"]) << engine;
    ASSERT_GT(of_raw["rows"].size(), 4U);
    EXPECT_EQ(of_raw["rows"], of_arrays["rows"]) << engine;
  }
}

TEST_F(RawFilesTest, AreExplainedFromAManifest) {
  const nlohmann::json table = raw_json({"permute", "--repeats", "2"}, folder_.path());
  EXPECT_EQ(table["data"]["examples"], 12);
  const nlohmann::json inspected = raw_json({"inspect"}, folder_.path());
  EXPECT_EQ(inspected["arrays"][0]["type"], "float32[12, 3, 6, 6]");
  EXPECT_EQ(inspected["arrays"][2]["type"], "float32[12, 3]");
}

TEST_F(RawFilesTest, NameABrokenPictureAndGoOnWithoutItWhenTold) {
  write_file(folder_ / "photos/4.png", read_file(folder_ / "photos/4.png").substr(0, 80));
  std::filesystem::remove(folder_ / "photos/7.png");
  ProgramResult result = run({"permute", "--repeats", "2"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.errors.find("val.csv:9: expected a file, got 'photos/7.png'"), std::string::npos) << result.errors;
  EXPECT_NE(result.errors.find("--skip-invalid leaves such examples out"), std::string::npos) << result.errors;
  write_file(folder_ / "photos/7.png", read_file(folder_ / "photos/8.png"));
  result = run({"permute", "--repeats", "2"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.errors.find("val.csv:6: 'photos/4.png': expected a PNG picture"), std::string::npos)
      << result.errors;
  result = run({"permute", "--repeats", "2", "--skip-invalid", "--format", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const nlohmann::json table = nlohmann::json::parse(result.output, nullptr, false);
  EXPECT_EQ(table["data"]["examples"], 11);
  EXPECT_NE(table["warnings"].dump().find("1 example was left out: its file cannot be read"), std::string::npos);
}

TEST_F(RawFilesTest, AreTheSameDataOnlyWithTheSameFiles) {
  const nlohmann::json before = raw_json({"permute", "--repeats", "1"}, folder_.path());
  write_file(folder_ / "photos/4.png", read_file(folder_ / "photos/5.png"));
  const nlohmann::json after = raw_json({"permute", "--repeats", "1"}, folder_.path());
  EXPECT_NE(before["data"]["sha256"], after["data"]["sha256"]);
  // Also where a file keeps its size; what is behind a picture's end is no part of the picture.
  const std::string picture = read_file(folder_ / "photos/4.png");
  write_file(folder_ / "photos/4.png", picture + "a");
  const nlohmann::json first = raw_json({"permute", "--repeats", "1"}, folder_.path());
  write_file(folder_ / "photos/4.png", picture + "b");
  const nlohmann::json second = raw_json({"permute", "--repeats", "1"}, folder_.path());
  EXPECT_NE(first["data"]["sha256"], second["data"]["sha256"]);
}

TEST_F(RawFilesTest, NeedKeysThatArraysDoNot) {
  const auto problem = [&](const std::string& from, const std::string& to) {
    std::string config = read_file(folder_ / "modattr.json");
    const std::size_t place = config.find(from);
    config.replace(place, from.size(), to);
    write_file(folder_ / "other.json", config);
    const ProgramResult result = run({"inspect", "--config", "other.json"});
    EXPECT_EQ(result.exit_code, 2) << result.errors;
    return result.errors;
  };
  EXPECT_NE(problem(R"("column": "photo",)", "").find("modalities[0].column: expected the column of the manifest"),
            std::string::npos);
  EXPECT_NE(
      problem(R"("columns": ["age", "sex"])", R"("columns": ["age"])").find("expected names of \"columns\", got 'sex'"),
      std::string::npos);
  EXPECT_NE(problem("\"kind\": \"columns\"", "\"kind\": \"tensor\"").find("preprocessing: expected a modality of kind"),
            std::string::npos);
}

TEST_F(RawFilesTest, AreGuessedByInit) {
  std::filesystem::remove(folder_ / "modattr.json");
  const ProgramResult result = run({"init", "--model", "model.pt", "--data", "val.csv"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const nlohmann::json config = nlohmann::json::parse(read_file(folder_ / "modattr.json"), nullptr, false);
  EXPECT_EQ(config["modalities"][0]["column"], "photo");
  EXPECT_EQ(config["modalities"][1]["columns"], nlohmann::json::array({"age"}));
  EXPECT_EQ(config["data"]["classes"], nlohmann::json::array({"no", "yes"}));
}

TEST_F(RawFilesTest, TakeTheColumnOfTheUsualNameWhereThereAreSeveral) {
  std::filesystem::remove(folder_ / "modattr.json");
  save_model(folder_ / "model.pt",
             "def forward(self, image, input_ids):\n"
             "    score = image.float().mean([1, 2, 3]) + input_ids.float().mean(1)\n"
             "    return torch.stack([score, -score], 1)\n");
  write_file(folder_ / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nred\nblue\n");
  std::string rows = "photo,source,question,label\n";
  for (std::uint32_t number = 0; number < 12; ++number) {
    rows += "photos/" + std::to_string(number) + ".png," + (number % 2 == 0 ? "web" : "book") + ",red or blue," +
            (number % 3 == 0 ? "yes" : "no") + "\n";
  }
  write_file(folder_ / "val.csv", rows);
  const ProgramResult result = run({"init", "--model", "model.pt", "--data", "val.csv"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const nlohmann::json config = nlohmann::json::parse(read_file(folder_ / "modattr.json"), nullptr, false);
  EXPECT_EQ(config["modalities"][1]["column"], "question");
  std::filesystem::remove(folder_ / "modattr.json");
  write_file(folder_ / "val.csv", rows.replace(rows.find("question"), 8, "asked"));
  EXPECT_NE(
      run({"init", "--model", "model.pt", "--data", "val.csv"})
          .errors.find("expected a column of texts for the argument 'input_ids' of forward() in val.csv, got 2 of "
                       "them: source, asked; give the column the argument's name"),
      std::string::npos);
}

TEST_F(RawFilesTest, TellWhereSuperpixelsLie) {
  nlohmann::json config = nlohmann::json::parse(read_file(folder_ / "modattr.json"), nullptr, false);
  config["modalities"][0]["players"] = {{"type", "superpixel"}, {"segments", 4}};
  config["modalities"][0]["removal"] = {{"type", "mean"}};
  write_file(folder_ / "modattr.json", config.dump());
  const ProgramResult result =
      run({"shap", "--level", "feature", "--ids", "3,7", "--out", "out", "--plot", "figure.svg"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const std::string lines = read_file(folder_ / "out" / "examples.jsonl");
  const nlohmann::json example = nlohmann::json::parse(lines.substr(0, lines.find('\n')), nullptr, false);
  std::size_t count = 0;
  for (const nlohmann::json& player : example["players"]) {
    EXPECT_EQ(player.contains("segmentation"), player["modality"] == "image");
    if (!player.contains("segmentation")) continue;
    EXPECT_EQ(player["segmentation"]["size"], nlohmann::json::array({6, 6}));
    ++count;
  }
  EXPECT_GT(count, 1U);
  EXPECT_NE(read_file(folder_ / "figure.svg").find("<path d=\"M"), std::string::npos);
  ASSERT_EQ(run({"report", "out"}).exit_code, 0);
  EXPECT_NE(read_file(folder_ / "out" / "report.html").find("\"regions\":[{\"w\":6,\"h\":6,\"runs\":\""),
            std::string::npos);
}

}  // namespace
}  // namespace modattr
