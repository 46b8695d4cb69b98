#include "modattr/data/array_tensor.h"

#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace modattr {
namespace {

/// Bytes in memory.
class MemoryStorage final : public ArrayStorage {
 public:
  explicit MemoryStorage(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  std::span<const std::byte> bytes() const noexcept override { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// Values of a type in a buffer whose elements are not aligned, as in a mapped file.
class Unaligned {
 public:
  template <typename Value>
  Unaligned(std::vector<std::int64_t> shape, const std::vector<Value>& values) {
    std::vector<std::byte> bytes(values.size() * sizeof(Value) + 1);
    std::ranges::copy(std::as_bytes(std::span(values)), bytes.begin() + 1);
    array_.name = "x";
    array_.dtype = c10::CppTypeToScalarType<Value>::value;
    array_.shape = std::move(shape);
    array_.storage = std::make_shared<MemoryStorage>(std::move(bytes));
    array_.bytes = array_.storage->bytes().subspan(1);
  }

  const Array& operator*() const { return array_; }

 private:
  Array array_;
};

using Integers = std::vector<std::int64_t>;
using Doubles = std::vector<double>;
using Rows = std::vector<std::uint32_t>;

TEST(CopyRows, TakesRowsInAnyOrderAndAsOftenAsListed) {
  const Unaligned array({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
  const at::Tensor tensor = copy_rows(*array, Rows{2, 0, 2});
  EXPECT_EQ(tensor.sizes(), (at::IntArrayRef{3, 2}));
  EXPECT_EQ(tensor.scalar_type(), at::kFloat);
  const float* values = tensor.data_ptr<float>();
  EXPECT_EQ(std::vector<float>(values, values + 6), (std::vector<float>{5, 6, 1, 2, 5, 6}));
}

TEST(CopyRows, TakesRunsOfNeighbours) {
  const Unaligned array({6}, std::vector<float>{0, 1, 2, 3, 4, 5});
  const at::Tensor tensor = copy_rows(*array, Rows{1, 2, 3, 3, 4, 0, 5});
  const float* values = tensor.data_ptr<float>();
  EXPECT_EQ(std::vector<float>(values, values + 7), (std::vector<float>{1, 2, 3, 3, 4, 0, 5}));
}

TEST(CopyRows, KeepsTheDtype) {
  const Unaligned array({2}, std::vector<std::int16_t>{-7, 9});
  const at::Tensor tensor = copy_rows(*array, Rows{1});
  EXPECT_EQ(tensor.scalar_type(), at::kShort);
  EXPECT_EQ(tensor.data_ptr<std::int16_t>()[0], 9);
}

TEST(CopyRows, TakesNoRowsAndEmptyRows) {
  const Unaligned array({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(copy_rows(*array, Rows{}).sizes(), (at::IntArrayRef{0, 2}));
  const Unaligned empty({3, 0}, std::vector<float>{});
  EXPECT_EQ(copy_rows(*empty, Rows{0, 1}).sizes(), (at::IntArrayRef{2, 0}));
}

TEST(CopyRows, CopiesRatherThanBorrows) {
  at::Tensor tensor;
  {
    const Unaligned array({1}, std::vector<double>{2.5});
    tensor = copy_rows(*array, Rows{0});
  }
  EXPECT_EQ(tensor.data_ptr<double>()[0], 2.5);
}

TEST(ToIntegers, KeepsEveryValue) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(to_integers(*Unaligned({2}, Integers{kLargest, -kLargest})), (Integers{kLargest, -kLargest}));
  EXPECT_EQ(to_integers(*Unaligned({2, 1}, std::vector<std::uint8_t>{255, 0})), (Integers{255, 0}));
  EXPECT_EQ(to_integers(*Unaligned({0}, Integers{})), Integers{});
}

TEST(ToDoubles, ReadsIntegersAndFloats) {
  EXPECT_EQ(to_doubles(*Unaligned({3}, std::vector<std::int32_t>{-1, 0, 7})), (Doubles{-1, 0, 7}));
  EXPECT_EQ(to_doubles(*Unaligned({1}, std::vector<float>{0.1F})), Doubles{0.1F});
  EXPECT_EQ(to_doubles(*Unaligned({1}, std::vector<c10::Half>{c10::Half(1.5F)})), Doubles{1.5});
  EXPECT_EQ(to_doubles(*Unaligned({1}, std::vector<c10::BFloat16>{c10::BFloat16(-2.0F)})), Doubles{-2.0});
}

TEST(IsIntegral, CountsTruthValues) {
  const auto integral = [](c10::ScalarType dtype) {
    Array array;
    array.dtype = dtype;
    return is_integral(array);
  };
  EXPECT_TRUE(integral(c10::kBool) && integral(c10::kByte) && integral(c10::kLong));
  EXPECT_FALSE(integral(c10::kFloat) || integral(c10::kHalf) || integral(c10::kComplexFloat));
}

TEST(Describe, WritesDtypesAsNumpyDoes) {
  EXPECT_EQ(describe(*Unaligned({2, 3}, std::vector<float>(6))), "float32[2, 3]");
  EXPECT_EQ(describe(copy_rows(*Unaligned({2}, std::vector<std::uint8_t>(2)), Rows{0})), "uint8[1]");
  const std::vector<std::pair<c10::ScalarType, const char*>> names = {{c10::kBool, "bool"},
                                                                      {c10::kByte, "uint8"},
                                                                      {c10::kChar, "int8"},
                                                                      {c10::kShort, "int16"},
                                                                      {c10::kInt, "int32"},
                                                                      {c10::kLong, "int64"},
                                                                      {c10::kHalf, "float16"},
                                                                      {c10::kBFloat16, "bfloat16"},
                                                                      {c10::kFloat, "float32"},
                                                                      {c10::kDouble, "float64"},
                                                                      {c10::kComplexFloat, "complex64"},
                                                                      {c10::kComplexDouble, "complex128"},
                                                                      {c10::kQInt8, "QInt8"}};
  for (const auto& [dtype, name] : names) EXPECT_EQ(dtype_name(dtype), name);
}

}  // namespace
}  // namespace modattr
