#include "modattr/core/tracing/fault.h"

#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(FaultKinds, BeginWithASwapAndHaveNamesOfTheirOwn) {
  for (const char* kind : {"image", "tokens", "columns", "audio", "tensor"}) {
    const std::span<const FaultKind> kinds = fault_kinds(kind);
    ASSERT_GE(kinds.size(), 2U);
    EXPECT_EQ(kinds.front().name, kSwap);
    std::set<std::string_view> names;
    for (const FaultKind& each : kinds) EXPECT_TRUE(names.insert(each.name).second) << each.name;
  }
}

TEST(Fault, HasTheUsualStrengthUnlessToldOtherwise) {
  EXPECT_EQ(strength_of({"noise"}, "image"), 0.4);
  EXPECT_EQ(strength_of({"noise"}, "columns"), 1.5);
  EXPECT_EQ(strength_of({"noise", 0.1}, "image"), 0.1);
  EXPECT_EQ(strength_of({"zero"}, "tensor"), 0.0);
  EXPECT_THROW(strength_of({"blur"}, "tokens"), std::invalid_argument);
}

TEST(Fault, IsNamedWithItsStrength) {
  EXPECT_EQ(fault_name({"noise"}), "noise");
  EXPECT_EQ(fault_name({"noise", 0.1}), "noise:0.1");
  EXPECT_EQ(fault_name({"truncate", 3.0}), "truncate:3");
}

}  // namespace
}  // namespace modattr
