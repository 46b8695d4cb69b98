#include "modattr/data/label_reader.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/thrown_message.h"

namespace modattr::label_reader_test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Bytes in memory.
class MemoryStorage final : public ArrayStorage {
 public:
  explicit MemoryStorage(std::string bytes) : bytes_(std::move(bytes)) {}
  std::span<const std::byte> bytes() const noexcept override {
    return {reinterpret_cast<const std::byte*>(bytes_.data()), bytes_.size()};
  }

 private:
  std::string bytes_;
};

template <typename Value>
Labels read(const std::vector<std::int64_t>& shape, const std::vector<Value>& values,
            OutputKind kind = OutputKind::kLogits, AnswerColumns columns = AnswerColumns::kByContent) {
  const TestArray written = TestArray::of<Value>("y", shape, values);
  Array array;
  array.name = written.name;
  array.dtype = written.dtype;
  array.shape = shape;
  array.storage = std::make_shared<MemoryStorage>(written.bytes);
  array.bytes = array.storage->bytes();
  return read_labels("val.npz", array, kind, columns);
}

template <typename Value>
std::string error_of(const std::vector<std::int64_t>& shape, const std::vector<Value>& values,
                     OutputKind kind = OutputKind::kLogits) {
  return thrown_message<DataError>([&] { return read(shape, values, kind); });
}

using Integers = std::vector<std::int64_t>;
using Doubles = std::vector<double>;

TEST(ReadLabels, ReadsClasses) {
  EXPECT_EQ(std::get<ClassLabels>(read({3}, Integers{2, 0, 1})).classes, (Integers{2, 0, 1}));
  EXPECT_EQ(std::get<ClassLabels>(read({3, 1}, Integers{2, 0, 1})).classes, (Integers{2, 0, 1}));
  EXPECT_EQ(std::get<ClassLabels>(read({2}, std::vector<std::uint8_t>{255, 1}, OutputKind::kProbabilities)).classes,
            (Integers{255, 1}));
}

TEST(ReadLabels, ReadsValuesForRegression) {
  EXPECT_EQ(std::get<ValueLabels>(read({2}, Doubles{0.5, -1}, OutputKind::kRegression)).values, (Doubles{0.5, -1}));
  EXPECT_EQ(std::get<ValueLabels>(read({2, 1}, Integers{3, 4}, OutputKind::kRegression)).values, (Doubles{3, 4}));
}

TEST(ReadLabels, ReadsAnswerCounts) {
  const auto counts = std::get<AnswerCounts>(read({2, 3}, std::vector<float>{0, 3, 1, 10, 0, 0}));
  EXPECT_EQ(counts.example_count(), 2U);
  EXPECT_EQ(counts.answer_count(), 3U);
  EXPECT_EQ(counts.soft_accuracy(0, 1), 1.0);
  EXPECT_DOUBLE_EQ(counts.soft_accuracy(0, 2), 1.0 / 3.0);
  EXPECT_EQ(counts.soft_accuracy(1, 1), 0.0);
  EXPECT_EQ(std::get<AnswerCounts>(read({1, 2}, Integers{1, 2})).soft_accuracy(0, 1), 2.0 / 3.0);
}

TEST(ReadLabels, ReadsCountsOfManyExamples) {
  // More rows than are read at a time.
  constexpr std::size_t kExampleCount = 2500;
  std::vector<std::uint8_t> values;
  for (std::size_t example = 0; example < kExampleCount; ++example) {
    values.push_back(static_cast<std::uint8_t>(example % 3));
    values.push_back(static_cast<std::uint8_t>(example % 2));
  }
  const auto counts = std::get<AnswerCounts>(read({kExampleCount, 2}, values));
  ASSERT_EQ(counts.example_count(), kExampleCount);
  for (const std::size_t example : {0U, 1023U, 1024U, 2047U, 2048U, 2499U}) {
    EXPECT_DOUBLE_EQ(counts.soft_accuracy(example, 0), static_cast<double>(example % 3) / 3.0) << example;
    EXPECT_DOUBLE_EQ(counts.soft_accuracy(example, 1), static_cast<double>(example % 2) / 3.0) << example;
  }
}

TEST(ReadLabels, TakesWholeFloatsForClasses) {
  for (const OutputKind kind : {OutputKind::kLogits, OutputKind::kProbabilities}) {
    EXPECT_EQ(std::get<ClassLabels>(read({3}, std::vector<float>{0, 1, 1}, kind)).classes, (Integers{0, 1, 1}));
    EXPECT_EQ(std::get<ClassLabels>(read({3, 1}, Doubles{7, 0, 1}, kind)).classes, (Integers{7, 0, 1}));
  }
}

TEST(ReadLabels, RefusesOtherFloatsForAClassifier) {
  EXPECT_EQ(error_of({2}, Doubles{0, 2.5}),
            "val.npz: label 'y': expected integer classes [N] or answer counts [N, answers], got float64[2] with 2.5 "
            "in row 1; for a regression set model.kind to \"regression\"");
  EXPECT_TRUE(mentions(error_of({2, 1}, Doubles{0, 0.1}), {"got float64[2, 1] with 0.1 in row 1"}));
  EXPECT_TRUE(mentions(error_of({1}, Doubles{-0.0}), {"with -0 in row 0"}));
  EXPECT_TRUE(mentions(error_of({1}, Doubles{-1}), {"with -1 in row 0"}));
  EXPECT_TRUE(mentions(error_of({1}, Doubles{std::nan("")}), {"with nan in row 0"}));
  EXPECT_TRUE(mentions(error_of({1}, Doubles{kInfinity}), {"with inf in row 0"}));
  EXPECT_TRUE(mentions(error_of({1}, Doubles{1e300}), {"with 1e+300 in row 0"}));
}

TEST(ReadLabels, ReadsOneHotRowsAsClasses) {
  const auto labels = std::get<ClassLabels>(read({3, 3}, std::vector<float>{0, 1, 0, 0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(labels.classes, (Integers{1, 2, 0}));
  EXPECT_EQ(labels.one_hot_width, 3U);
  EXPECT_EQ(std::get<ClassLabels>(read({1, 2}, std::vector<bool>{false, true})).classes, Integers{1});
  const std::vector<std::uint32_t> last = {1};
  EXPECT_EQ(std::get<ClassLabels>(select_labels(labels, last)).one_hot_width, 3U);
}

TEST(ReadLabels, ReadsCountsWhereARowIsNotOneHotOrTheMetricReadsCounts) {
  EXPECT_TRUE(std::holds_alternative<AnswerCounts>(read({2, 2}, Integers{1, 0, 1, 1})));
  EXPECT_TRUE(std::holds_alternative<AnswerCounts>(read({2, 2}, Integers{1, 0, 0, 0})));
  EXPECT_TRUE(std::holds_alternative<AnswerCounts>(read({2, 2}, Integers{1, 0, 0, 2})));
  EXPECT_TRUE(std::holds_alternative<AnswerCounts>(
      read({2, 2}, Integers{1, 0, 0, 1}, OutputKind::kLogits, AnswerColumns::kCounts)));
  EXPECT_EQ(std::get<AnswerCounts>(read({2, 2}, Integers{1, 0, 0, 2})).largest(), 2.0);
}

TEST(ReadLabels, ReadsIndicatorsForAMultilabelModel) {
  const std::vector<std::uint8_t> flags = {1, 0, 1, 0, 0, 0};
  const auto check = [&](const Labels& labels) {
    EXPECT_EQ(std::get<IndicatorLabels>(labels).flags, flags);
    EXPECT_EQ(std::get<IndicatorLabels>(labels).label_count, 3U);
  };
  check(read({2, 3}, Integers{1, 0, 1, 0, 0, 0}, OutputKind::kMultilabel));
  check(read({2, 3}, std::vector<float>{1, 0, 1, 0, 0, 0}, OutputKind::kMultilabelProbabilities));
  check(read({2, 3}, std::vector<bool>{true, false, true, false, false, false}, OutputKind::kMultilabel));
  EXPECT_EQ(std::get<IndicatorLabels>(read({2}, Integers{0, 1}, OutputKind::kMultilabel)).label_count, 1U);
  EXPECT_EQ(error_of({2, 2}, Integers{0, 1, 2, 0}, OutputKind::kMultilabel),
            "val.npz: label 'y' of row 1: expected 0 or 1 for every label, got 2");
  EXPECT_TRUE(mentions(error_of({1, 2}, Doubles{0.5, 0}, OutputKind::kMultilabel), {"of row 0", "got 0.5"}));
  EXPECT_TRUE(mentions(error_of({1, 2, 1}, Integers{0, 1}, OutputKind::kMultilabel), {"got int64[1, 2, 1]"}));
  const std::vector<std::uint32_t> last = {1, 0};
  EXPECT_EQ(
      std::get<IndicatorLabels>(select_labels(read({2, 2}, Integers{1, 0, 0, 1}, OutputKind::kMultilabel), last)).flags,
      (std::vector<std::uint8_t>{0, 1, 1, 0}));
}

TEST(ReadLabels, ReadsSeveralColumnsForARegression) {
  const auto labels = std::get<ValueLabels>(read({2, 3}, Doubles{1, 2, 3, 4, 5, 6}, OutputKind::kRegression));
  EXPECT_EQ(labels.column_count, 3U);
  EXPECT_EQ(labels.value(1, 0), 4.0);
  const std::vector<std::uint32_t> last = {1};
  EXPECT_EQ(std::get<ValueLabels>(select_labels(labels, last)).values, (Doubles{4, 5, 6}));
  EXPECT_EQ(error_of({2, 2}, Doubles{0, 1, 2, kInfinity}, OutputKind::kRegression),
            "val.npz: label 'y' of row 1: expected a finite number, got inf");
}

TEST(ReadLabels, RefusesOtherShapes) {
  EXPECT_EQ(error_of({1, 2, 1}, Integers{0, 1}),
            "val.npz: label 'y': expected integer classes [N] or answer counts [N, answers], got int64[1, 2, 1]");
  EXPECT_TRUE(mentions(error_of({}, Integers{0}), {"got int64[]"}));
  EXPECT_TRUE(mentions(error_of({3, 0}, Integers{}), {"got int64[3, 0]"}));
  EXPECT_EQ(error_of({1, 2, 1}, Doubles{0, 1}, OutputKind::kRegression),
            "val.npz: label 'y': expected numbers [N] or [N, outputs] for regression, got float64[1, 2, 1]");
}

TEST(ReadLabels, RefusesComplexNumbers) {
  for (const OutputKind kind : {OutputKind::kLogits, OutputKind::kRegression}) {
    EXPECT_EQ(error_of({1}, std::vector<c10::complex<float>>{{0, 1}}, kind),
              "val.npz: label 'y': expected integers or floats, got complex64[1]");
  }
}

TEST(ReadLabels, NamesTheRowOfAValueThatIsNotFinite) {
  EXPECT_EQ(error_of({3}, Doubles{0, 1, kInfinity}, OutputKind::kRegression),
            "val.npz: label 'y' of row 2: expected a finite number, got inf");
  EXPECT_TRUE(mentions(error_of({1}, Doubles{std::nan("")}, OutputKind::kRegression), {"of row 0", "nan"}));
}

TEST(ReadLabels, NamesTheRowOfABadCount) {
  EXPECT_EQ(error_of({2, 2}, Doubles{0, 1, -1, 2}),
            "val.npz: label 'y' of row 1: expected counts of at least 0, got -1");
  EXPECT_TRUE(mentions(error_of({1, 2}, Doubles{0, kInfinity}), {"of row 0", "got inf"}));
  EXPECT_TRUE(mentions(error_of({1, 2}, Doubles{std::nan(""), 0}), {"of row 0"}));
}

TEST(SelectLabels, KeepsTheListedExamplesInOrder) {
  const std::vector<std::uint32_t> examples = {2, 0, 2};
  EXPECT_EQ(std::get<ClassLabels>(select_labels(ClassLabels{{7, 8, 9}}, examples)).classes, (Integers{9, 7, 9}));
  EXPECT_EQ(std::get<ValueLabels>(select_labels(ValueLabels{{.7, .8, .9}}, examples)).values, (Doubles{.9, .7, .9}));
  EXPECT_TRUE(std::holds_alternative<NoLabels>(select_labels(NoLabels{}, examples)));
  const Labels counts = read({3, 2}, Integers{1, 0, 0, 2, 3, 1});
  const auto selected = std::get<AnswerCounts>(select_labels(counts, examples));
  EXPECT_EQ(selected.example_count(), 3U);
  EXPECT_EQ(selected.answer_count(), 2U);
  EXPECT_EQ(selected.soft_accuracy(0, 0), 1.0);
  EXPECT_DOUBLE_EQ(selected.soft_accuracy(1, 0), 1.0 / 3.0);
  EXPECT_EQ(selected.soft_accuracy(1, 1), 0.0);
}

}  // namespace
}  // namespace modattr::label_reader_test
