#include "modattr/check/check_settings.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/report/result_writer.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

CheckSettings settings_in(const std::string& text) {
  const TemporaryFolder folder;
  write_atomically(folder / "modattr.json", text);
  return read_check_settings(folder / "modattr.json");
}

TEST(CheckSettings, AreAPartOfTheConfiguration) {
  const CheckSettings settings =
      settings_in(R"({"model": 3, "check": {"rules": ["order of share.abs", "metric >= 0.9"], "strict": true}})");
  EXPECT_EQ(settings.rules, (std::vector<std::string>{"order of share.abs", "metric >= 0.9"}));
  EXPECT_TRUE(settings.is_strict);
  EXPECT_TRUE(settings_in("{}").rules.empty());
  EXPECT_FALSE(settings_in("{}").is_strict);
}

TEST(CheckSettings, NameWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"check": []})", "modattr.json: check: expected an object {...}, got []"},
      {R"({"check": {"rule": []}})", "modattr.json: check: unknown key 'rule'; did you mean 'rules'?"},
      {R"({"check": {"rules": "metric > 0"}})", R"(check.rules: expected a list of rules, got "metric > 0")"},
      {R"({"check": {"rules": ["metric > 0", 3]}})", "check.rules[1]: expected a rule such as"},
      {R"({"check": {"rules": ["metric"]}})", "check.rules[0]: rule 'metric': expected a comparison"},
      {R"({"check": {"strict": 1}})", "check.strict: expected true or false, got 1"},
      {R"({"check": )", "modattr.json: expected JSON"},
      {"3", "modattr.json: expected an object {...}, got 3"}};
  for (const auto& [text, phrase] : cases) {
    EXPECT_TRUE(mentions(thrown_message<ConfigError>([&text = text] { return settings_in(text); }), {phrase})) << text;
  }
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return read_check_settings("/no/such.json"); }),
                       {"/no/such.json: expected a configuration file, got none"}));
}

}  // namespace
}  // namespace modattr
