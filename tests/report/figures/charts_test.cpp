#include "modattr/report/figures/charts.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace modattr::charts_test {
namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t place = text.find(part); place != std::string::npos; place = text.find(part, place + 1)) ++count;
  return count;
}

BarChart bars() {
  return {.caption = {.title = "Drop"},
          .axis = "drop of accuracy",
          .rows = {{.name = "image",
                    .ink = "m0",
                    .value = {.value = 0.5, .interval = Interval{0.4, 0.6}, .text = "0.50 [0.40, 0.60]"}},
                   {.name = "<text>", .ink = "m1", .value = {.value = -0.1, .text = "-0.10"}},
                   {.name = "table", .ink = "m2", .value = {.value = std::nullopt, .text = "–"}}}};
}

TEST(BarChart, DrawsABarByRowAndAWhiskerByInterval) {
  const std::string file = draw(bars(), FigureFrame::kFile);
  EXPECT_EQ(count_of(file, "class=\"m0\""), 1U);
  EXPECT_EQ(count_of(file, "class=\"m1\""), 1U);
  // What is not known has a name and no bar.
  EXPECT_EQ(count_of(file, "class=\"m2\""), 0U);
  EXPECT_NE(file.find(">table</text>"), std::string::npos);
  EXPECT_EQ(count_of(file, "class=\"whisker\""), 3U);
  EXPECT_NE(file.find("&lt;text&gt;"), std::string::npos);
}

TEST(BarChart, StartsBarsAtZero) {
  BarChart chart = bars();
  chart.rows.resize(2);
  const std::string file = draw(chart, FigureFrame::kFile);
  const auto x_of = [&](const std::string& mark, const std::string& name) {
    const std::size_t end = file.find(mark);
    const std::size_t begin = file.rfind(name + "=\"", end) + name.size() + 2;
    return std::stod(file.substr(begin));
  };
  const double zero = x_of("class=\"zero\"", "x1");
  EXPECT_NEAR(x_of("class=\"m0\"", " x"), zero, 0.02);
  EXPECT_NEAR(x_of("class=\"m1\"", " x") + x_of("class=\"m1\"", "width"), zero, 0.02);
}

TEST(GroupChart, DrawsAPointForWhatIsKnown) {
  GroupChart chart{.caption = {.title = "t"},
                   .axis = "share",
                   .series = {"image", "text"},
                   .inks = {"m0", "m1"},
                   .groups = {{.name = "color", .values = {{.value = 0.2}, {.value = 0.8}}},
                              {.name = "count", .values = {{.value = 0.4}}}}};
  const std::string file = draw(chart, FigureFrame::kPage);
  EXPECT_EQ(count_of(file, "<circle"), 3U);
}

TEST(MatrixChart, ShowsMagnitudeAsShadeAndSignAsColour) {
  const MatrixChart chart{.caption = {.title = "t"},
                          .names = {"a", "b", "c"},
                          .values = {std::nullopt, 1.0, -0.5, 1.0, std::nullopt, 0.0, -0.5, 0.0, std::nullopt},
                          .texts = {"", "1.0", "-0.5", "1.0", "", "0.0", "-0.5", "0.0", ""}};
  const std::string file = draw(chart, FigureFrame::kFile);
  EXPECT_EQ(count_of(file, "class=\"pos\" fill-opacity=\"0.58\""), 2U);
  EXPECT_EQ(count_of(file, "class=\"neg\" fill-opacity=\"0.33\""), 2U);
}

TEST(StackChart, CutsARowInProportion) {
  const StackChart chart{
      .caption = {.title = "t"},
      .parts = {"image", "model"},
      .inks = {"m0", "model"},
      .rows = {{.name = "all", .parts = {1.0, 3.0}, .text = "4"}, {.name = "none", .parts = {0.0, 0.0}, .text = "0"}}};
  const std::string file = draw(chart, FigureFrame::kFile);
  const auto width_of = [&](const std::string& ink) {
    const std::size_t end = file.find("class=\"" + ink + " seam\"");
    const std::size_t begin = file.rfind("width=\"", end) + 7;
    return std::stod(file.substr(begin));
  };
  EXPECT_NEAR(width_of("model"), 3.0 * width_of("m0"), 0.05);
  EXPECT_EQ(count_of(file, " seam\""), 2U);
}

TEST(Inks, AreTheSameForAModalityEverywhere) {
  const std::vector<std::string> modalities = {"image", "text"};
  EXPECT_EQ(culprit_ink("text", modalities), modality_ink(1));
  EXPECT_EQ(culprit_ink("model", modalities), "model");
  EXPECT_EQ(culprit_ink("undecided", modalities), "undecided");
  EXPECT_EQ(modality_ink(9), modality_ink(1));
}

}  // namespace
}  // namespace modattr::charts_test
