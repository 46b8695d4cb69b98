// Compiled packages beside the TorchScript file of the same network: built where there is a PyTorch that makes them.

#include "modattr/model/package_model.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/array_file.h"
#include "modattr/data/array_tensor.h"
#include "modattr/model/torchscript_model.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using Words = std::vector<std::string>;
using Rows = std::vector<std::uint32_t>;

const std::filesystem::path kPackages = MODATTR_PACKAGES;
const Words kNames = {"text", "table"};
constexpr double kRounding = 1e-6;

class PackageModel : public testing::Test {
 protected:
  at::Tensor array(const std::string& name, const Rows& rows) {
    const auto found = std::ranges::find(arrays_, name, &Array::name);
    return copy_rows(*found, rows);
  }

  std::vector<at::Tensor> inputs(const Rows& rows) { return {array("text", rows), array("table", rows)}; }

  static Rows first_rows(std::size_t count) {
    Rows rows(count);
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
  }

  static std::unique_ptr<Model> load(const std::string& name, const Words& arguments = {},
                                     const OutputSelector& output = std::size_t{0}) {
    return load_package_model({.path = kPackages / name, .output = output, .arguments = arguments});
  }

  void expect_answers(const Model& model, const Rows& rows) {
    const std::vector<at::Tensor> given = inputs(rows);
    const at::Tensor answers = model.run(kNames, given);
    EXPECT_EQ(answers.scalar_type(), at::kDouble);
    EXPECT_EQ(answers.sizes(), (std::vector<std::int64_t>{static_cast<std::int64_t>(rows.size()), 3}));
    EXPECT_LT((answers - script_->run(kNames, given)).abs().max().item<double>(), kRounding) << rows.size();
    // What PyTorch computed in double precision; the network in single precision is some 1e-6 off.
    EXPECT_LT((answers - array("expected", rows)).abs().max().item<double>(), 1e-5) << rows.size();
    EXPECT_TRUE(at::equal(given[1], array("table", rows))) << "the inputs stay as they are";
  }

  std::vector<Array> arrays_ = open_array_file(kPackages / "val.npz");
  std::unique_ptr<Model> script_ = load_torchscript_model({.path = kPackages / "model.pt", .device = "cpu"});
};

TEST_F(PackageModel, AnswersLikeTheTorchScriptModel) {
  const std::unique_ptr<Model> named = load("named.pt2");
  ASSERT_EQ(named->arguments().size(), 2U);
  EXPECT_EQ(named->arguments()[0].name, "table");
  EXPECT_EQ(named->arguments()[1].name, "text");
  EXPECT_FALSE(named->takes_dictionary());
  EXPECT_EQ(named->program(), nullptr);
  EXPECT_EQ(named->trees(), nullptr);
  EXPECT_TRUE(named->runs_on_cpu());
  // The compiler writes the head's three biases into the code.
  EXPECT_EQ(named->parameter_count(), 50U * 16 + 7 * 16 + 16 * 3);
  EXPECT_EQ(named->parameter_count() + 3, script_->parameter_count());
  EXPECT_EQ(named->float_dtype(), at::kFloat);
  expect_answers(*named, first_rows(20));
}

// named.pt2 takes 2 to 40 rows, fixed.pt2 takes 8.
TEST_F(PackageModel, RunsAnyNumberOfRows) {
  for (const std::size_t count : {60U, 1U, 2U, 41U, 40U, 7U}) {
    expect_answers(*load("named.pt2"), first_rows(count));
    expect_answers(*load("fixed.pt2", kNames), first_rows(count));
  }
  const std::unique_ptr<Model> fixed = load("fixed.pt2", kNames);
  for (const std::size_t count : {8U, 5U, 60U, 1U, 16U}) expect_answers(*fixed, first_rows(count));
}

TEST_F(PackageModel, TakesAndReturnsDictionaries) {
  const std::unique_ptr<Model> model = load("dictionary.pt2", {}, std::string("logits"));
  expect_answers(*model, first_rows(20));
  expect_answers(*model, first_rows(1));
  expect_answers(*model, first_rows(60));
  const std::vector<ModelOutput> outputs = model->outputs(kNames, inputs(first_rows(60)));
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs[0].selector, OutputSelector("half"));
  EXPECT_EQ(outputs[1].selector, OutputSelector("logits"));
  EXPECT_EQ(outputs[0].tensor.sizes(), (std::vector<std::int64_t>{60, 6}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] {
                         return load("dictionary.pt2", {}, std::string("logit"))->run(kNames, inputs(first_rows(8)));
                       }),
                       {"model.output: expected a key", "'logit'", "logits"}));
}

TEST_F(PackageModel, IsSafeToCallFromManyThreads) {
  const std::unique_ptr<Model> model = load("fixed.pt2", kNames);
  const std::vector<at::Tensor> given = inputs(first_rows(60));
  std::vector<at::Tensor> answers(8);
  std::vector<std::thread> threads;
  for (at::Tensor& answer : answers) threads.emplace_back([&] { answer = model->run(kNames, given); });
  for (std::thread& thread : threads) thread.join();
  for (const at::Tensor& answer : answers) EXPECT_TRUE(at::equal(answer, answers.front()));
  EXPECT_LT((answers.front() - script_->run(kNames, given)).abs().max().item<double>(), kRounding);
}

TEST_F(PackageModel, NeedsNamesForArguments) {
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return load("fixed.pt2"); }),
                       {"model.arguments: expected the names of the 2 tensors that forward() of", "by keyword"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return load("fixed.pt2", {"text"}); }),
                       {"expected a name for each of the 2 tensors", "got 1"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] {
                         return load("fixed.pt2", {"text", "text"});
                       }),
                       {"expected names that differ"}));
}

TEST_F(PackageModel, SaysWhatItDoesNotTake) {
  const std::unique_ptr<Model> model = load("named.pt2");
  const auto message = [&](const at::Tensor& text, const at::Tensor& table) {
    const std::vector<at::Tensor> given = {text, table};
    testing::internal::CaptureStderr();
    const std::string thrown = thrown_message<ModelError>([&] { return model->run(kNames, given); });
    // A package prints its errors itself.
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    return thrown;
  };
  const at::Tensor text = array("text", first_rows(8));
  const at::Tensor table = array("table", first_rows(8));
  EXPECT_TRUE(mentions(message(text, table.to(at::kDouble)),
                       {"named.pt2: forward() failed on text int64[8, 7], table float64[8, 6]", "dtype"}));
  EXPECT_TRUE(mentions(message(text, table.narrow(1, 0, 5)), {"forward() failed on", "expected: 6, but got: 5"}));
  EXPECT_TRUE(mentions(message(text + 50, table), {"forward() failed on", "index out of bounds"}));
}

TEST_F(PackageModel, IsACompiledOne) {
  EXPECT_TRUE(mentions(thrown_message<ModelError>([] { return load("exported.pt2"); }),
                       {"exported.pt2: expected a compiled package, got an exported program that is not compiled"}));
  const TemporaryFolder folder;
  write_zip(folder / "model.pt2",
            {{"x/data/aotinductor/model/a.wrapper.so", "no machine code, AOTI_RUNTIME_CHECK_INPUTS"}});
  EXPECT_TRUE(mentions(
      thrown_message<ModelError>([&] { return load_package_model({.path = folder / "model.pt2", .arguments = {}}); }),
      {"model.pt2: expected a compiled package, got: "}));
}

}  // namespace
}  // namespace modattr
