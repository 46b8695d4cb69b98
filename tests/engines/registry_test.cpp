#include "modattr/engines/registry.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(EngineRegistry, NamesEveryEngineOnce) {
  std::set<std::string_view> names;
  for (const EngineEntry& entry : engine_registry()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
  }
  EXPECT_TRUE(names.contains("permute"));
  EXPECT_TRUE(names.contains("shap"));
}

TEST(EngineRegistry, MakesTheEngineThatItDescribes) {
  for (const EngineEntry& entry : engine_registry()) {
    const std::unique_ptr<Attributor> engine = entry.make();
    ASSERT_NE(engine, nullptr);
    EXPECT_EQ(engine->name(), entry.name);
    for (const std::string_view text : {entry.summary, entry.needs, entry.cost, entry.source}) {
      EXPECT_FALSE(text.empty()) << entry.name;
    }
  }
}

}  // namespace
}  // namespace modattr
