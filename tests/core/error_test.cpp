#include "modattr/core/error.h"

#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace modattr {
namespace {

template <typename Kind>
class ErrorKind : public testing::Test {};

using Kinds = testing::Types<ConfigError, DataError, ModelError, OutputError, Interrupted>;
TYPED_TEST_SUITE(ErrorKind, Kinds);

TYPED_TEST(ErrorKind, IsCaughtAsAnErrorWithItsMessage) {
  try {
    throw TypeParam("val.npz: expected 4 rows, got 3");
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "val.npz: expected 4 rows, got 3");
    EXPECT_NE(dynamic_cast<const TypeParam*>(&error), nullptr);
  }
}

TEST(Error, IsARuntimeError) {
  static_assert(std::is_base_of_v<std::runtime_error, Error>);
  static_assert(!std::is_base_of_v<ConfigError, DataError> && !std::is_base_of_v<DataError, ModelError>);
  EXPECT_THROW(throw DataError("x"), std::runtime_error);
}

}  // namespace
}  // namespace modattr
