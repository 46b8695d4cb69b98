#include "report/figures/svg.h"

#include <gtest/gtest.h>

#include "report/figures/assets.h"

namespace modattr {
namespace {

TEST(Base64, FillsUpTheLastGroup) {
  // RFC 4648, section 10.
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\xff\x00", 2)), "/wA=");
}

TEST(FigureText, IsCutWhereItIsTooWide) {
  EXPECT_EQ(fit_text("short", 200.0), "short");
  const std::string cut = fit_text(std::string(100, 'x'), 60.0);
  EXPECT_TRUE(cut.ends_with("…"));
  EXPECT_LE(text_width(cut), 72.0);
  EXPECT_GT(text_width("MMMM"), text_width("iiii"));
}

TEST(FigureAxis, HoldsZeroAndAllValues) {
  const Axis axis({0.2, 0.8}, 100.0, 300.0);
  EXPECT_DOUBLE_EQ(axis.place(0.0), 100.0);
  EXPECT_GT(axis.place(0.8), 280.0);
  EXPECT_LT(axis.place(0.8), 300.0);
  const Axis signed_axis({-1.0, 1.0}, 0.0, 100.0);
  EXPECT_DOUBLE_EQ(signed_axis.place(0.0), 50.0);
}

TEST(FigureAxis, OfNothingIsDrawnAllTheSame) {
  const Axis axis({}, 0.0, 100.0);
  Svg svg(FigureFrame::kFile);
  axis.draw(svg, 0.0, 10.0, "share");
  EXPECT_NE(svg.finish(50.0, {.title = "t"}).find("share"), std::string::npos);
}

TEST(Svg, OfAFileHasItsColoursInIt) {
  Svg svg(FigureFrame::kFile);
  svg.rect({1.0, 2.0, 3.0, 4.0}, "pos");
  const std::string file = svg.finish(40.0, {.title = "A <figure>"});
  EXPECT_TRUE(file.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_NE(file.find("<title>A &lt;figure&gt;</title>"), std::string::npos);
  EXPECT_NE(file.find(".pos { fill: #"), std::string::npos);
  EXPECT_EQ(file.find("var("), std::string::npos);
  EXPECT_NE(file.find("<rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" class=\"pos\"/>"), std::string::npos);
}

TEST(Svg, OfAPageTakesThePagesColours) {
  Svg svg(FigureFrame::kPage);
  const std::string figure = svg.finish(40.0, {.title = "title", .description = "said aloud"});
  EXPECT_EQ(figure.find("<style"), std::string::npos);
  EXPECT_NE(figure.find("role=\"img\" aria-label=\"said aloud\""), std::string::npos);
}

TEST(ReportAssets, AreNamedByTheirHashes) {
  const ReportAssets& assets = report_assets();
  for (const std::string_view hash : {assets.style_hash, assets.script_hash}) {
    EXPECT_TRUE(hash.starts_with("'sha256-")) << hash;
    EXPECT_TRUE(hash.ends_with("='")) << hash;
    EXPECT_EQ(hash.size(), 53U);
  }
  EXPECT_TRUE(assets.style.starts_with(assets.palette));
  // They stand in elements that these would end.
  EXPECT_EQ(assets.script.find("</"), std::string_view::npos);
  EXPECT_EQ(assets.script.find("<!--"), std::string_view::npos);
  EXPECT_EQ(assets.style.find('<'), std::string_view::npos);
}

}  // namespace
}  // namespace modattr
