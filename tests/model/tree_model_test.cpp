#include "modattr/model/tree_model.h"

#include <cmath>
#include <limits>

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

std::string tree_file(const std::string& name) {
  return MODATTR_TEST_DIR "/fixtures/trees/" + name;
}

TEST(TreeModel, TakesColumnsOfSeveralInputsSideBySide) {
  const std::unique_ptr<Model> model = load_tree_model({.path = tree_file("regression.json")});
  EXPECT_TRUE(model->takes_dictionary());
  EXPECT_EQ(model->program(), nullptr);
  EXPECT_EQ(model->trees()->column_count, 8U);
  const at::Tensor rows = at::rand({5, 8});
  const at::Tensor whole = model->run(std::vector<std::string>{"x"}, std::vector<at::Tensor>{rows});
  const at::Tensor parts = model->run(
      std::vector<std::string>{"a", "b", "c"},
      std::vector<at::Tensor>{rows.narrow(1, 0, 3), rows.select(1, 3).to(at::kDouble), rows.narrow(1, 4, 4)});
  EXPECT_EQ(whole.sizes(), (std::vector<std::int64_t>{5, 1}));
  EXPECT_TRUE(at::equal(whole, parts));
}

TEST(TreeModel, GivesPredictionsOrMarginsOfRegressions) {
  const at::Tensor rows = at::rand({4, 8});
  const auto run = [&](const std::optional<std::string>& output) {
    const std::unique_ptr<Model> model = load_tree_model({.path = tree_file("poisson.json"), .output = output});
    return model->run(std::vector<std::string>{"x"}, std::vector<at::Tensor>{rows});
  };
  EXPECT_TRUE(at::allclose(run(std::nullopt), run("margin").exp()));
  EXPECT_TRUE(at::equal(run(std::nullopt), run("prediction")));
}

TEST(TreeModel, NamesBothNumbersOfColumns) {
  const std::unique_ptr<Model> model = load_tree_model({.path = tree_file("logistic.json")});
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] {
                         return model->run(std::vector<std::string>{"x"}, std::vector<at::Tensor>{at::rand({2, 7})});
                       }),
                       {"logistic.json", "expected 8 columns", "got 7", "'x' has 7"}));
}

TEST(TreeModel, RefusesOutputsThatItDoesNotGive) {
  const auto message = [](const std::string& file, const std::string& output) {
    return thrown_message<ConfigError>([&] { return load_tree_model({.path = tree_file(file), .output = output}); });
  };
  EXPECT_TRUE(mentions(message("logistic.json", "prediction"), {"model.output", "logits"}));
  EXPECT_TRUE(mentions(message("poisson.json", "margn"), {"model.output", "'margn'", "margin"}));
}

TEST(TreeModel, TellsTheKindOfItsOutputs) {
  const auto kind = [](const std::string& file) {
    return output_kind_of(*load_tree_model({.path = tree_file(file)})->trees());
  };
  EXPECT_EQ(kind("logistic.json"), OutputKind::kLogits);
  EXPECT_EQ(kind("softprob.json"), OutputKind::kLogits);
  EXPECT_EQ(kind("poisson.json"), OutputKind::kRegression);
  const std::unique_ptr<Model> poisson = load_tree_model({.path = tree_file("poisson.json")});
  EXPECT_FALSE(gives_margins(*poisson->trees(), std::nullopt));
  EXPECT_TRUE(gives_margins(*poisson->trees(), "margin"));
}

}  // namespace
}  // namespace modattr
