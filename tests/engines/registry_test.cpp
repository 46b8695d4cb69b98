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
  std::set<std::string> names;
  for (const EngineEntry& entry : engine_registry()) {
    const std::unique_ptr<Attributor> engine = entry.make();
    ASSERT_NE(engine, nullptr);
    EXPECT_TRUE(names.emplace(engine->name()).second) << "the headers of evaluated examples tell engines apart by it";
    EXPECT_TRUE(entry.name.starts_with(engine->name().substr(0, engine->name().find('.')))) << engine->name();
    for (const std::string_view text : {entry.summary, entry.needs, entry.cost, entry.source}) {
      EXPECT_FALSE(text.empty()) << entry.name;
    }
  }
}

}  // namespace
}  // namespace modattr
