#include "run/config/run_config.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr::run_config_test {
namespace {

RunConfig read(const char* text) {
  return read_run(Json::parse(text), "modattr.json: runs[1]");
}

std::string refusal(const char* text) {
  return thrown_message<ConfigError>([&] { read(text); });
}

TEST(RunConfig, ReadsAnEngineAndItsOptions) {
  const RunConfig run = read(R"({"engine": "lime", "budget": "all", "kernel_width": 2, "pairs": true, "top_k": 3})");
  EXPECT_EQ(run.engine, "lime");
  EXPECT_EQ(run.options.text("budget"), "all");
  EXPECT_EQ(run.options.number("kernel_width"), 2.0);
  EXPECT_EQ(run.options.count("top_k"), 3U);
  EXPECT_TRUE(run.options.flag("pairs"));
  EXPECT_FALSE(run.options.is_given("surrogate"));
}

TEST(RunConfig, NamesTheKeyThatIsWrong) {
  EXPECT_EQ(refusal(R"({"engine": "shapp"})"), "modattr.json: runs[1].engine: unknown 'shapp'; did you mean 'shap'?");
  EXPECT_EQ(refusal(R"({"engine": "permute", "repeat": 3})"),
            "modattr.json: runs[1]: unknown key 'repeat'; did you mean 'repeats'?");
  EXPECT_EQ(refusal(R"({"engine": "permute", "repeats": 0})"),
            "modattr.json: runs[1].repeats: expected a whole number from 1 to 1000000");
  EXPECT_EQ(refusal(R"({"engine": "shap", "level": null})"), "modattr.json: runs[1].level: expected a word");
  EXPECT_EQ(refusal(R"({"engine": "shap", "by": ["x"]})"), "modattr.json: runs[1].by: expected a text");
}

TEST(RunConfig, RefusesOptionsThatDoNotGoTogether) {
  EXPECT_EQ(refusal(R"({"engine": "permute", "exact": true, "repeats": 3})"),
            "modattr.json: runs[1].repeats: expected no exact, got both");
  EXPECT_TRUE(mentions(refusal(R"({"engine": "lime", "depth": 3})"), {"runs[1].depth: expected", "tree, got ridge"}));
}

TEST(ToJson, KeepsEveryKindOfValue) {
  EXPECT_EQ(to_json({}), Json(nullptr));
  EXPECT_EQ(to_json(true), Json(true));
  EXPECT_EQ(to_json(std::uint64_t{7}).dump(), "7");
  EXPECT_EQ(to_json(0.5), Json(0.5));
  EXPECT_EQ(to_json("all"), Json("all"));
}

}  // namespace
}  // namespace modattr::run_config_test
