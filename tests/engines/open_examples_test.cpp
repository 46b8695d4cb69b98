#include "modattr/engines/open_examples.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/table_game.h"
#include "support/thrown_message.h"

namespace modattr::open_examples_test {
namespace {

TableProblem problem_of(std::vector<std::uint32_t> keys) {
  return TableProblem({.data = Matrix(keys.size(), 2),
                       .model = [](std::span<const double>) { return std::vector{0.0}; },
                       .metric = regression_metric("output", std::vector<double>(keys.size())),
                       .keys = keys});
}

EvaluatedExamples examples_of(const std::vector<std::uint32_t>& keys) {
  EvaluatedExamples examples({.engine = "shap"});
  for (const std::uint32_t key : keys) {
    ByteWriter writer;
    writer.put_count(key);
    examples.add(key, writer.take());
  }
  return examples;
}

TEST(OpenExamples, AreInTheOrderOfTheProblem) {
  const TableProblem problem = problem_of({30, 10, 20});
  const EvaluatedExamples examples = examples_of({10, 20, 30});
  std::vector<ByteReader> readers = open_examples(examples, {.engine = "shap"}, problem);
  ASSERT_EQ(readers.size(), 3U);
  for (std::size_t example = 0; example < 3; ++example) {
    EXPECT_EQ(readers[example].take_count(), problem.example_key(example));
  }
}

TEST(OpenExamples, RefuseWhatIsNotOfTheProblem) {
  const TableProblem problem = problem_of({30, 10, 20});
  const auto message = [&](const std::vector<std::uint32_t>& keys, const EvaluationHeader& expected) {
    return thrown_message<DataError>([&] { return open_examples(examples_of(keys), expected, problem); });
  };
  EXPECT_TRUE(mentions(message({10, 30}, {.engine = "shap"}), {"expected all 3 examples", "row 20", "merge"}));
  EXPECT_TRUE(mentions(message({10, 20, 30, 40}, {.engine = "shap"}), {"expected 3 examples, got 4"}));
  EXPECT_TRUE(mentions(message({10, 20, 30}, {.engine = "lime"}), {"expected engine 'lime', got 'shap'"}));
  EXPECT_THROW(expect_sizes(false), DataError);
}

}  // namespace
}  // namespace modattr::open_examples_test
