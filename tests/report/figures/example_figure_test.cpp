#include "modattr/report/figures/example_figure.h"

#include <gtest/gtest.h>

namespace modattr {
namespace {

ScoreTable explained_table() {
  ScoreTable table;
  table.command = "shap";
  table.modalities = {"image", "text"};
  table.examples_are_chosen = true;
  ExampleRecord record{.id = "17", .label = 3.0, .predicted = 4, .target = 4, .attribution = {}};
  record.label_name = "circle";
  record.texts = {{.modality = 1, .text = "what </text> is it"}};
  record.attribution.modalities = {0.25, -0.5};
  record.attribution.players = {
      {.modality = 0, .player = 0, .label = "0,0", .value = 0.25, .std_error = 0.01, .patch = PatchPlace{0, 0, 4, 8}},
      {.modality = 1, .player = 0, .label = "what", .value = -0.5, .std_error = std::nullopt}};
  table.examples = {record};
  return table;
}

TEST(ExampleFigure, ShowsPatchesWordsAndBars) {
  const std::vector<ExamplePicture> pictures = {
      {.id = "17", .modality = 0, .png = "PNG", .width = 8, .height = 8, .is_sound = false},
      {.id = "18", .modality = 0, .png = "PNG", .width = 8, .height = 8, .is_sound = false}};
  const std::string file = table_figure(explained_table(), pictures);
  EXPECT_NE(file.find("Example 17 · label circle · answer 4"), std::string::npos);
  // The other example's picture is not shown.
  EXPECT_EQ(file.find("data:image/png"), file.rfind("data:image/png"));
  // Half the picture is covered, with all that the overlay has.
  EXPECT_NE(file.find("width=\"216\" height=\"108\" class=\"pos\" fill-opacity=\"0.75\""), std::string::npos);
  EXPECT_NE(file.find("class=\"neg\" fill-opacity=\"0.56\""), std::string::npos);
  EXPECT_NE(file.find(">text what</text>"), std::string::npos);
  EXPECT_NE(file.find("class=\"whisker\""), std::string::npos);
}

TEST(ExampleFigure, ShowsTheSegmentsOfSounds) {
  ScoreTable table = explained_table();
  PlayerScore& segment = table.examples.front().attribution.players.front();
  segment.label = "100:150";
  segment.patch.reset();
  const std::vector<ExamplePicture> pictures = {
      {.id = "17", .modality = 0, .png = "PNG", .width = 200, .height = 8, .is_sound = true}};
  const std::string file = table_figure(table, pictures);
  // A quarter of the time, from the middle on.
  EXPECT_NE(file.find("x=\"120\""), std::string::npos) << file;
  EXPECT_NE(file.find("width=\"54\""), std::string::npos) << file;
  segment.label = "values 100:150";
  EXPECT_EQ(table_figure(table, pictures).find("width=\"54\"") == std::string::npos, false);
  segment.label = "at 10:30 pm";
  EXPECT_EQ(table_figure(table, pictures).find("width=\"54\""), std::string::npos);
}

TEST(ExampleFigure, ShowsRegionsAsTheyLie) {
  ScoreTable table = explained_table();
  PlayerScore& player = table.examples.front().attribution.players.front();
  player.patch.reset();
  // The second column and the pixel below the first one's top.
  player.region = PixelRegion{.height = 8, .width = 8, .counts = {1, 1, 6, 8, 48}};
  const std::vector<ExamplePicture> pictures = {
      {.id = "17", .modality = 0, .png = "PNG", .width = 8, .height = 8, .is_sound = false}};
  const std::string file = table_figure(table, pictures);
  const auto box = file.find("<path d=\"M12 97h27v27h-27zM39 70h27v216h-27z\"");
  EXPECT_NE(box, std::string::npos) << file;
  EXPECT_EQ(file.find("class=\"pos\" fill-opacity=\"0.75\"", box), file.find("class=\"pos\"", box));
  // Of another picture's size it lies nowhere.
  player.region->width = 4;
  EXPECT_EQ(table_figure(table, pictures).find("<path d=\"M12"), std::string::npos);
}

TEST(ExampleFigure, OfATraceShowsWhatIsBehindTheError) {
  ScoreTable table = explained_table();
  ExampleRecord& record = table.examples.front();
  record.attribution = {};
  record.attribution.method = std::string(kTraceMethod);
  record.attribution.details = {
      {.name = "verdict", .value = std::string("image")},
      {.name = "probability",
       .value = Detail::Object{{{.name = "image", .value = 0.9}, {.name = "model", .value = 0.1}}}}};
  const std::string file = table_figure(table, {});
  EXPECT_NE(file.find("verdict: image"), std::string::npos);
  EXPECT_NE(file.find("90.0 %"), std::string::npos);
  EXPECT_NE(file.find("what &lt;/text&gt; is it"), std::string::npos);
}

TEST(TableFigure, OfManyExamplesIsThatOfTheScores) {
  ScoreTable table = explained_table();
  table.examples_are_chosen = false;
  Score row;
  row.modality = "image";
  row.definition = "shapley.mean";
  row.value = 0.5;
  table.rows = {row};
  EXPECT_NE(table_figure(table, {}).find("Shapley value"), std::string::npos);
}

}  // namespace
}  // namespace modattr
