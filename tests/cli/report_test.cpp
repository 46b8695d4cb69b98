// `modattr report` and --plot on real files.

#include <string>

#include "project.h"

namespace modattr {
namespace {

constexpr const char* kTwo = "def forward(self, a, b): return a + 2.0 * b";

Project small_project() {
  Project project("logits", {"a", "b"});
  project.model(kTwo).data({TestArray::of<float>("a", {4, 2}, {3, 0, 0, 3, 4, 1, 1, 5}),
                            TestArray::of<float>("b", {4, 2}, {1, 0, 0, 1, 1, 0, 0, 1}),
                            TestArray::of<std::int64_t>("label", {4}, {0, 1, 0, 0})});
  return project;
}

TEST(ReportCommand, WritesAPageBesideTheResults) {
  const Project project = small_project();
  ASSERT_EQ(project.run({"shap", "--out", "results"}).exit_code, 0);
  const ProgramResult result = project.run({"report", "results"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.output, "");
  EXPECT_NE(result.errors.find("wrote results/report.html"), std::string::npos) << result.errors;
  const std::string page = read_file(project.path("results/report.html"));
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  EXPECT_NE(page.find("modattr shap"), std::string::npos);
  // The same results give the same bytes.
  ASSERT_EQ(project.run({"report", "results/scores.json", "--out", "again.html"}).exit_code, 0);
  EXPECT_EQ(read_file(project.path("again.html")), page);
  // Another run in the folder would leave a page of other results.
  ASSERT_EQ(project.run({"shap", "--examples", "2", "--out", "results"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(project.path("results/report.html")));
}

TEST(ReportCommand, DoesWithoutTheDataAndSaysSo) {
  const Project project = small_project();
  ASSERT_EQ(project.run({"shap", "--out", "results"}).exit_code, 0);
  std::filesystem::rename(project.path("val.npz"), project.path("moved.npz"));
  ProgramResult result = project.run({"report", "results"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.errors.find("val.npz was not found; --data names it"), std::string::npos) << result.errors;
  EXPECT_NE(read_file(project.path("results/report.html")).find("<h2>Not shown</h2>"), std::string::npos);
  result = project.run({"report", "results", "--data", "moved.npz"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(read_file(project.path("results/report.html")).find("<h2>Not shown</h2>"), std::string::npos);
}

TEST(ReportCommand, NamesWhatIsWrong) {
  const Project project = small_project();
  expect_one_line(project.run({"report"}), 2, {"report: expected the folder of results"});
  expect_one_line(project.run({"report", "results"}), 3, {"results/scores.json: expected a result of modattr"});
  ASSERT_EQ(project.run({"permute", "--out", "results"}).exit_code, 0);
  expect_one_line(project.run({"report", "results", "--data", "model.pt"}), 3,
                  {"model.pt: expected the data of the results"});
  expect_one_line(project.run({"report", "results", "--out", "none/page.html"}), 3, {"none/page.html"});
  write_file(project.path("results/check.json"), "{}");
  expect_one_line(project.run({"report", "results"}), 3, {"results/check.json: expected schema"});
  EXPECT_FALSE(std::filesystem::exists(project.path("results/report.html")));
}

TEST(Plot, DrawsTheScoresOrTheExamplesThatAreAskedFor) {
  const Project project = small_project();
  ASSERT_EQ(project.run({"permute", "--plot", "drop.svg", "-q"}).exit_code, 0);
  const std::string scores = read_file(project.path("drop.svg"));
  EXPECT_TRUE(scores.starts_with("<svg xmlns"));
  EXPECT_NE(scores.find("drop of accuracy"), std::string::npos);
  const ProgramResult one = project.run({"shap", "--ids", "1", "--plot", "one.svg"});
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_NE(one.errors.find("wrote one.svg"), std::string::npos) << one.errors;
  EXPECT_NE(read_file(project.path("one.svg")).find("Example 1 · label 1 · answer 1"), std::string::npos);
}

TEST(Plot, DrawsAPng) {
  const Project project = small_project();
  const ProgramResult result = project.run({"permute", "--plot", "drop.svg", "-q"});
  ASSERT_EQ(project.run({"permute", "--plot", "drop.png", "-q"}).exit_code, 0);
  const std::string png = read_file(project.path("drop.png"));
  ASSERT_TRUE(png.starts_with("\x89PNG")) << png.substr(0, 20);
  // Width and height, big endian, behind the signature and the header's length and name.
  const auto number_at = [&](std::size_t place) {
    unsigned number = 0;
    for (std::size_t byte = 0; byte < 4; ++byte) number = number * 256 + static_cast<unsigned char>(png[place + byte]);
    return number;
  };
  const std::string svg = read_file(project.path("drop.svg"));
  const double width = std::stod(svg.substr(svg.find("width=\"") + 7));
  EXPECT_NEAR(number_at(16), 2.0 * width, 1.0);
  EXPECT_GT(number_at(20), 50U);
}

TEST(Plot, RefusesOtherKindsOfFilesBeforeTheRun) {
  const Project project = small_project();
  expect_one_line(project.run({"permute", "--plot", "drop.pdf"}), 2,
                  {"--plot: expected a file that ends in .svg or .png, got 'drop.pdf'"});
  EXPECT_FALSE(std::filesystem::exists(project.path("drop.pdf")));
}

}  // namespace
}  // namespace modattr
