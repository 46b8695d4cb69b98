#include "modattr/core/options.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

const std::vector<OptionSchema> kSchema = {
    {.name = "exact", .excludes = {"repeats"}},
    {.name = "repeats", .type = OptionType::kCount, .least = 1, .most = 20, .fallback = std::uint64_t{10}},
    {.name = "budget", .type = OptionType::kCount, .words = {"all"}, .least = 1},
    {.name = "kernel_width", .type = OptionType::kPositiveNumber},
    {.name = "surrogate", .type = OptionType::kWord, .words = {"ridge", "lasso", "tree"}, .fallback = "ridge"},
    {.name = "by", .type = OptionType::kText}};

std::string refusal(std::string_view name, OptionValue value) {
  OptionValues options(kSchema);
  return spell_options(thrown_message<ConfigError>([&] { options.set(name, value); }), command_line_option);
}

TEST(OptionValues, HoldsDefaults) {
  const OptionValues options(kSchema);
  EXPECT_FALSE(options.flag("exact"));
  EXPECT_EQ(options.count("repeats"), 10U);
  EXPECT_EQ(options.count("budget"), std::nullopt);
  EXPECT_EQ(options.number("kernel_width"), std::nullopt);
  EXPECT_EQ(options.text("surrogate"), "ridge");
  EXPECT_FALSE(options.is_given("surrogate"));
}

TEST(OptionValues, TakesWhatTheSchemaAllows) {
  OptionValues options(kSchema);
  options.set("repeats", std::uint64_t{20});
  options.set("budget", "all");
  options.set("kernel_width", std::uint64_t{2});
  options.set("by", "label");
  EXPECT_EQ(options.count("repeats"), 20U);
  EXPECT_EQ(options.text("budget"), "all");
  EXPECT_EQ(options.count("budget"), std::nullopt);
  EXPECT_EQ(options.number("kernel_width"), 2.0);
  EXPECT_TRUE(options.is_given("by"));
}

TEST(OptionValues, RefusesOtherTypesAndRanges) {
  EXPECT_EQ(refusal("repeats", std::uint64_t{0}), "--repeats: expected a whole number from 1 to 20");
  EXPECT_EQ(refusal("repeats", 2.5), "--repeats: expected a whole number from 1 to 20");
  EXPECT_EQ(refusal("budget", "some"), "--budget: expected all or a whole number from 1 to 4294967295");
  EXPECT_EQ(refusal("kernel_width", 0.0), "--kernel-width: expected a positive number");
  EXPECT_EQ(refusal("kernel_width", std::numeric_limits<double>::infinity()),
            "--kernel-width: expected a positive number");
  EXPECT_EQ(refusal("surrogate", "lasoo"), "--surrogate: unknown 'lasoo'; did you mean 'lasso'?");
  EXPECT_EQ(refusal("exact", "yes"), "--exact: expected true or false");
  EXPECT_EQ(refusal("by", std::uint64_t{3}), "--by: expected a text");
  EXPECT_EQ(refusal("repeat", true), "unknown option 'repeat'; did you mean 'repeats'?");
}

TEST(OptionValues, RefusesOptionsThatExcludeEachOther) {
  OptionValues options(kSchema);
  options.set("repeats", std::uint64_t{3});
  EXPECT_EQ(spell_options(thrown_message<ConfigError>([&] { options.set("exact", true); }), command_line_option),
            "--exact: expected no --repeats, got both");
  EXPECT_FALSE(options.flag("exact"));
  OptionValues reverse(kSchema);
  reverse.set("exact", true);
  EXPECT_EQ(spell_options(thrown_message<ConfigError>([&] { reverse.set("repeats", std::uint64_t{3}); }),
                          command_line_option),
            "--repeats: expected no --exact, got both");
}

TEST(ParseOption, ReadsByTheType) {
  EXPECT_EQ(parse_option(kSchema[0], "true"), OptionValue(true));
  EXPECT_EQ(parse_option(kSchema[1], "7"), OptionValue(std::uint64_t{7}));
  EXPECT_EQ(parse_option(kSchema[2], "all"), OptionValue("all"));
  EXPECT_EQ(parse_option(kSchema[3], "0.25"), OptionValue(0.25));
  EXPECT_EQ(parse_option(kSchema[5], "7"), OptionValue("7"));
}

TEST(ParseOption, SaysWhatItGot) {
  const auto message = [](std::size_t place, const std::string& text) {
    return thrown_message<ConfigError>([&] { parse_option(kSchema[place], text); });
  };
  EXPECT_EQ(message(1, "99999999999999999999"), "expected a whole number from 1 to 20, got '99999999999999999999'");
  EXPECT_EQ(message(1, "-3"), "expected a whole number from 1 to 20, got '-3'");
  EXPECT_EQ(message(3, "nan"), "expected a positive number, got 'nan'");
  EXPECT_EQ(message(3, "1e999"), "expected a positive number, got '1e999'");
  EXPECT_EQ(message(4, "Ridge"), "unknown 'Ridge'; did you mean 'ridge'?");
}

}  // namespace
}  // namespace modattr
