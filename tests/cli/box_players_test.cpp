#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/data/png_writer.h"
#include "support/array_writers.h"
#include "support/program_process.h"
#include "support/temporary_folder.h"
#include "support/torchscript_models.h"

namespace modattr {
namespace {

using BoxJson = nlohmann::json;

/// Pictures of 20 x 16, halved and cropped to 6 x 6, and a model that adds up all numbers: the score of a player whose
/// pixels become 0 is what its pixels add up to.
class BoxPlayersTest : public testing::Test {
 protected:
  BoxPlayersTest() {
    // 4 high and wide is white, from (8, 6) on.
    Raster raster{.width = 20, .height = 16, .channels = 3, .pixels = std::vector<std::uint8_t>(20 * 16 * 3, 0)};
    for (std::size_t row = 6; row < 10; ++row) {
      for (std::size_t place = (row * 20 + 8) * 3; place < (row * 20 + 12) * 3; ++place) raster.pixels[place] = 255;
    }
    write_file(folder_ / "a.png", to_png(raster));
    write_file(
        folder_ / "b.png",
        to_png(Raster{.width = 20, .height = 16, .channels = 3, .pixels = std::vector<std::uint8_t>(20 * 16 * 3, 51)}));
    save_model(
        folder_ / "model.pt",
        "def forward(self, image):\n    return image.sum([1, 2, 3]).unsqueeze(1) * torch.tensor([[1.0, -1.0]])\n");
  }

  void write_manifest(const std::string& boxes) {
    write_file(folder_ / "val.jsonl", R"({"id": "a", "photo": "a.png", "boxes": )" + boxes + "}\n" +
                                          R"({"id": "b", "photo": "b.png", "boxes": null})" + "\n");
  }

  void write_config(const BoxJson& players) {
    const BoxJson image = {
        {"name", "image"},
        {"kind", "image"},
        {"inputs", {"image"}},
        {"column", "photo"},
        {"preprocessing",
         {{"resize", {{"size", {8, 10}}, {"interpolation", "box"}}}, {"center_crop", 6}, {"rescale", true}}},
        {"players", players},
        {"removal", {{"type", "zero"}}}};
    write_file(folder_ / "modattr.json", BoxJson{{"model", {{"path", "model.pt"}}},
                                                 {"data", {{"path", "val.jsonl"}}},
                                                 {"modalities", {image}},
                                                 {"target", 0},
                                                 {"value", "logit"}}
                                             .dump());
  }

  ProgramResult run(std::vector<std::string> arguments) {
    return run_program({.arguments = std::move(arguments), .folder = folder_.path()});
  }

  std::map<std::string, double> scores(const std::string& id, std::vector<std::string> more = {}) {
    std::filesystem::remove_all(folder_ / "results");
    std::vector<std::string> arguments = {"shap", "--level", "feature", "--ids", id, "--out", "results"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    std::map<std::string, double> values;
    const BoxJson example = BoxJson::parse(read_file(folder_ / "results/examples.jsonl"), nullptr, false);
    for (const BoxJson& player : example["players"]) values[player["name"]] = player["value"];
    return values;
  }

  TemporaryFolder folder_;
};

TEST_F(BoxPlayersTest, FollowTheirPictureThroughResizeAndCrop) {
  // Halved, the white square is 2 x 2, of which the crop, from column 2 and row 1 on, cuts nothing.
  write_manifest(R"([[8, 6, 12, 10, "square"], [0, 0, 8, 16, "left"], [0, 0, 3, 3, "corner"]])");
  write_config({{"type", "box"}, {"column", "boxes"}});
  const std::map<std::string, double> found = scores("a");
  EXPECT_NEAR(found.at("square"), 12.0, 1e-4);
  EXPECT_NEAR(found.at("left"), 0.0, 1e-4);
  EXPECT_NEAR(found.at("background"), 0.0, 1e-4);
  EXPECT_FALSE(found.contains("corner")) << "it was cropped off";
  EXPECT_EQ(scores("b").size(), 1U);
  // Half of the square: the box ends at 10, which is column 5 of the halved picture.
  write_manifest("[[8, 6, 10, 10]]");
  EXPECT_NEAR(scores("a").at("0"), 6.0, 1e-4);
}

TEST_F(BoxPlayersTest, ComeFromAFileByOrderOrId) {
  write_manifest("null");
  write_file(folder_ / "boxes.json", R"([[[8, 6, 4, 4, "square"]], []])");
  write_config({{"type", "box"}, {"file", "boxes.json"}, {"format", "xywh"}});
  EXPECT_NEAR(scores("a").at("square"), 12.0, 1e-4);
  write_file(folder_ / "boxes.json", R"({"a": [{"box": [8, 6, 4, 4], "name": "square"}]})");
  EXPECT_NEAR(scores("a").at("square"), 12.0, 1e-4);
  // Without a player behind the boxes the rest stays.
  write_config({{"type", "box"}, {"file", "boxes.json"}, {"format", "xywh"}, {"background", false}});
  EXPECT_EQ(scores("a").size(), 1U);
  // Examples that are left out leave the others with their boxes.
  write_file(folder_ / "a.png", "no picture");
  write_file(folder_ / "boxes.json", R"({"b": [[0, 0, 20, 16, "all"]]})");
  EXPECT_NEAR(scores("b", {"--skip-invalid"}).at("all"), 6 * 6 * 3 * 0.2, 1e-3);
}

TEST_F(BoxPlayersTest, NameWhatIsWrongWithABox) {
  const auto problem = [&](const std::string& boxes) {
    write_manifest(boxes);
    write_config({{"type", "box"}, {"column", "boxes"}});
    const ProgramResult result = run({"shap", "--level", "feature"});
    EXPECT_EQ(result.exit_code, 3) << result.errors;
    return result.errors;
  };
  EXPECT_NE(problem("[[8, 6, 12]]").find("val.jsonl:1: column 'boxes': box 0: expected [x0, y0, x1, y1]"),
            std::string::npos);
  EXPECT_NE(problem("[[1, 1, 2, 2], [8, 6, 4, 4]]").find("box 1: expected x0 < x1 and y0 < y1 (players.format xywh"),
            std::string::npos);
  EXPECT_NE(problem("[[1, 1, 2, \"dog\"]]").find("box 0: expected"), std::string::npos);
  EXPECT_NE(problem("7").find("column 'boxes': expected a list of boxes, got 7"), std::string::npos);
  write_manifest("null");
  write_file(folder_ / "boxes.json", "[[]]");
  write_config({{"type", "box"}, {"file", "boxes.json"}});
  EXPECT_NE(
      run({"shap", "--level", "feature"}).errors.find("boxes.json: expected 2 lists of boxes, one per example, got 1"),
      std::string::npos);
  write_config({{"type", "box"}});
  EXPECT_NE(run({"shap"}).errors.find("players: expected \"file\" or \"column\", where the boxes are, got neither"),
            std::string::npos);
}

}  // namespace
}  // namespace modattr
