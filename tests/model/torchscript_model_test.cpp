#include "modattr/model/torchscript_model.h"

#include <array>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/model/call_threads.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"
#include "support/torchscript_models.h"

namespace modattr {
namespace {

class TorchScriptModelTest : public testing::Test {
 protected:
  std::unique_ptr<Model> load(const std::string& forward, OutputSelector output = std::size_t{0}) {
    save_model(path_, forward);
    return load_torchscript_model({.path = path_, .output = std::move(output), .device = "cpu"});
  }

  /// The output on x = [[1, 2], [3, 4], [5, 6]], row by row.
  std::vector<double> run(const Model& model, at::Tensor x = default_x()) {
    const std::array<std::string, 1> names = {"x"};
    const at::Tensor output = model.run(names, std::span(&x, 1));
    EXPECT_EQ(output.scalar_type(), at::kDouble);
    EXPECT_EQ(output.dim(), 2);
    EXPECT_EQ(output.size(0), x.size(0));
    return {output.data_ptr<double>(), output.data_ptr<double>() + output.numel()};
  }

  std::vector<double> run(const std::string& forward, OutputSelector output = std::size_t{0}) {
    return run(*load(forward, std::move(output)));
  }

  /// The message without the folder.
  template <typename Kind>
  std::string error_of(const std::string& forward, const OutputSelector& output = std::size_t{0}) {
    const std::string message = thrown_message<Kind>([&] { return run(forward, output); });
    const std::string folder = folder_.path().string() + "/";
    const auto place = message.find(folder);
    return place == std::string::npos ? message : std::string(message).erase(place, folder.size());
  }

  static at::Tensor default_x() { return at::arange(1, 7).to(at::kFloat).reshape({3, 2}); }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "model.pt";
};

TEST_F(TorchScriptModelTest, AnswersWithOneRowPerExample) {
  EXPECT_EQ(run("def forward(self, x): return x * 2"), (std::vector<double>{2, 4, 6, 8, 10, 12}));
  EXPECT_EQ(run("def forward(self, x): return x.sum(1)"), (std::vector<double>{3, 7, 11}));
  EXPECT_EQ(run("def forward(self, x): return (x > 2.5).sum(1)"), (std::vector<double>{0, 2, 2}));
  EXPECT_EQ(run("def forward(self, x): return x.t().contiguous().t()"), (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST_F(TorchScriptModelTest, UsesItsWeights) {
  save_model(path_, "def forward(self, x): return x @ self.weight", {{"weight", {2, 1}, {10, 1}}});
  EXPECT_EQ(run(*load_torchscript_model({.path = path_, .device = "cpu"})), (std::vector<double>{12, 34, 56}));
}

TEST_F(TorchScriptModelTest, TakesAnElementOfATupleOrAList) {
  const std::string tuple = "def forward(self, x): return (x.sum(1), x * 2)";
  EXPECT_EQ(run(tuple), (std::vector<double>{3, 7, 11}));
  EXPECT_EQ(run(tuple, std::size_t{1}), (std::vector<double>{2, 4, 6, 8, 10, 12}));
  EXPECT_EQ(run("def forward(self, x): return [x, x.sum(1)]", std::size_t{1}), (std::vector<double>{3, 7, 11}));
}

TEST_F(TorchScriptModelTest, NamesAnElementThatTheTupleLacks) {
  const std::string tuple = "def forward(self, x): return (x.sum(1), x * 2)";
  EXPECT_EQ(error_of<ConfigError>(tuple, std::size_t{2}),
            "model.output: expected an index below 2 as model.pt returns a tuple, got 2");
  EXPECT_EQ(error_of<ConfigError>(tuple, "logits"),
            "model.output: expected an index below 2 as model.pt returns a tuple, got 'logits'");
}

TEST_F(TorchScriptModelTest, TakesAKeyOfADictionary) {
  const std::string dictionary = "def forward(self, x): return {'logits': x.sum(1), 'features': x}";
  EXPECT_EQ(run(dictionary, "logits"), (std::vector<double>{3, 7, 11}));
  EXPECT_EQ(run("def forward(self, x): return {'logits': x.sum(1)}"), (std::vector<double>{3, 7, 11}));
}

TEST_F(TorchScriptModelTest, NamesAKeyThatTheDictionaryLacks) {
  const std::string dictionary = "def forward(self, x): return {'logits': x.sum(1), 'features': x}";
  EXPECT_EQ(
      error_of<ConfigError>(dictionary, "logit"),
      "model.output: expected a key of the dictionary that model.pt returns, got 'logit'; did you mean 'logits'?");
  EXPECT_EQ(error_of<ConfigError>(dictionary),
            "model.output: expected a key of the dictionary that model.pt returns, got 0; expected one of features, "
            "logits");
}

TEST_F(TorchScriptModelTest, ListsItsArguments) {
  const auto model = load(
      "def forward(self, x, mask: Optional[Tensor] = None, scale: float = 2.0): return x * scale if mask is None else "
      "x * mask");
  ASSERT_EQ(model->arguments().size(), 2U);
  EXPECT_EQ(model->arguments()[0].name, "x");
  EXPECT_EQ(model->arguments()[0].type, "Tensor");
  EXPECT_FALSE(model->arguments()[0].optional);
  EXPECT_EQ(model->arguments()[1].name, "mask");
  EXPECT_TRUE(model->arguments()[1].optional);
  EXPECT_FALSE(model->takes_dictionary());
  EXPECT_EQ(model->path(), path_.string());
}

TEST_F(TorchScriptModelTest, LeavesOptionalArgumentsAtTheirDefault) {
  const std::string forward =
      "def forward(self, x, mask: Optional[Tensor] = None, scale: float = 2.0): return x * scale if mask is None else "
      "x * mask";
  const auto model = load(forward);
  EXPECT_EQ(run(*model), (std::vector<double>{2, 4, 6, 8, 10, 12}));
  const std::array<std::string, 2> names = {"mask", "x"};
  const std::array<at::Tensor, 2> inputs = {at::zeros({3, 2}), default_x()};
  EXPECT_EQ(model->run(names, inputs).abs().max().item<double>(), 0.0);
}

TEST_F(TorchScriptModelTest, MatchesInputsByName) {
  const auto model = load("def forward(self, first, second): return first - second");
  const std::array<std::string, 2> names = {"second", "first"};
  const std::array<at::Tensor, 2> inputs = {at::full({2, 1}, 1.0), at::full({2, 1}, 10.0)};
  EXPECT_EQ(model->run(names, inputs)[0].item<double>(), 9.0);
}

TEST_F(TorchScriptModelTest, TakesOneDictionaryOfTensors) {
  const auto model = load("def forward(self, batch: Dict[str, Tensor]): return batch['x'].sum(1)");
  EXPECT_TRUE(model->takes_dictionary());
  EXPECT_TRUE(model->arguments().empty());
  EXPECT_EQ(run(*model), (std::vector<double>{3, 7, 11}));
}

TEST_F(TorchScriptModelTest, RefusesArgumentsThatNoDataFileHolds) {
  EXPECT_EQ(error_of<ModelError>("def forward(self, x, words: List[str]): return x"),
            "model.pt: forward() argument 'words': expected a Tensor (or one Dict[str, Tensor]), got List[str]; script "
            "a module "
            "around it whose forward() takes tensors only");
  EXPECT_EQ(error_of<ModelError>("def forward(self, scale: float = 1.0): return scale"),
            "model.pt: expected forward() to take tensors, got no such argument");
  EXPECT_TRUE(mentions(error_of<ModelError>("def forward(self, x, batch: Dict[str, Tensor]): return x"), {"'batch'"}));
}

TEST_F(TorchScriptModelTest, RefusesOutputsThatAreNotOneRowPerExample) {
  EXPECT_EQ(error_of<ModelError>("def forward(self, x): return x.sum()"),
            "model.pt: output: expected [3] or [3, outputs] for 3 rows, got float32[]");
  EXPECT_TRUE(mentions(error_of<ModelError>("def forward(self, x): return x.t()"), {"got float32[2, 3]"}));
  EXPECT_TRUE(mentions(error_of<ModelError>("def forward(self, x): return x.unsqueeze(0)"), {"float32[1, 3, 2]"}));
  EXPECT_TRUE(mentions(error_of<ModelError>("def forward(self, x): return x[:, :0]"), {"float32[3, 0]"}));
  EXPECT_TRUE(mentions(error_of<ModelError>("def forward(self, x): return x.size(0)"),
                       {"expected a tensor, got int; return the logits"}));
  EXPECT_TRUE(mentions(error_of<ModelError>("def forward(self, x): return (x.size(0), x)"),
                       {"expected a tensor, got int; set model.output to the part that the answers are: 1 float32["}));
  EXPECT_TRUE(mentions(error_of<ModelError>("def forward(self, x): return (x, 3)", std::size_t{1}), {"got int"}));
  EXPECT_TRUE(mentions(error_of<ModelError>("def forward(self, x): return torch.complex(x, x)"),
                       {"expected real numbers, got complex64[3, 2]"}));
}

TEST_F(TorchScriptModelTest, NamesTheInputsThatItFailedOn) {
  EXPECT_EQ(error_of<ModelError>("def forward(self, x): return x.matmul(x)"),
            "model.pt: forward() failed on x float32[3, 2]: RuntimeError: mat1 and mat2 shapes cannot be multiplied "
            "(3x2 and 3x2)");
}

TEST_F(TorchScriptModelTest, TellsOfAFailureInAMethodThatFreezingRemoves) {
  EXPECT_EQ(error_of<ModelError>("def square(self, x):\n  return x.matmul(x)\n"
                                 "def forward(self, x):\n  return self.square(x)"),
            "model.pt: forward() failed on x float32[3, 2]: RuntimeError: mat1 and mat2 shapes cannot be multiplied "
            "(3x2 and 3x2)");
}

TEST_F(TorchScriptModelTest, RunsAModelThatAssignsItsAttributes) {
  torch::jit::Module module("Counting");
  module.register_attribute("calls", c10::IntType::get(), 0);
  module.define("def forward(self, x):\n  self.calls = self.calls + 1\n  return x * 2\n");
  module.save(path_.string());
  EXPECT_EQ(run(*load_torchscript_model({.path = path_, .device = "cpu"})), (std::vector<double>{2, 4, 6, 8, 10, 12}));
}

TEST_F(TorchScriptModelTest, GivesTheSameDigitsInEveryCall) {
  const auto model = load("def forward(self, x): return torch.softmax(torch.sin(x) * 3.0 + torch.tanh(x), 1)");
  const std::vector<double> first = run(*model);
  for (int call = 0; call < 5; ++call) EXPECT_EQ(run(*model), first);
}

TEST_F(TorchScriptModelTest, PutsTheModelIntoEvaluationMode) {
  torch::jit::Module module("Dropping");
  module.register_attribute("training", c10::BoolType::get(), true);
  module.define("def forward(self, x): return torch.dropout(x, 0.9, self.training)\n");
  module.save(path_.string());
  EXPECT_EQ(run(*load_torchscript_model({.path = path_, .device = "cpu"})), (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST_F(TorchScriptModelTest, TakesATracedNumberForANumber) {
  // Tracing makes a 0-dimensional tensor of doubles of 0.5; times bytes it would give doubles, which no float can meet.
  torch::jit::Module module("Traced");
  module.register_buffer("half", at::full({}, 0.5, at::kDouble));
  module.register_buffer("weight", at::ones({2, 1}));
  module.define("def forward(self, x): return torch.matmul(x * self.half, self.weight)\n");
  module.save(path_.string());
  EXPECT_EQ(run(*load_torchscript_model({.path = path_, .device = "cpu"}), default_x().to(at::kByte)),
            (std::vector<double>{1.5, 3.5, 5.5}));
}

TEST_F(TorchScriptModelTest, LeavesItsInputsAsTheyAre) {
  for (const char* forward :
       {"def forward(self, x):\n  return x.add_(1.0)", "def forward(self, x):\n  x[:, 0] = 7.0\n  return x",
        "def forward(self, b: Dict[str, Tensor]):\n  y = b['x']\n  y *= 2.0\n  return y"}) {
    const std::unique_ptr<Model> model = load(forward);
    const at::Tensor x = default_x();
    const std::vector<double> first = run(*model, x);
    EXPECT_TRUE(x.equal(default_x())) << forward;
    EXPECT_EQ(run(*model, x), first);
  }
}

TEST_F(TorchScriptModelTest, RunsLoopsWhereTheyStand) {
  // Unoptimised, libtorch runs the first loop while the list is made, and its second round does not find x.
  const std::vector<double> output = run(R"(def forward(self, x):
  y = x * 1.0
  for step in range(x.size(1)):
    y = torch.relu(y + x[:, step:step + 1])
  z = torch.relu(torch.cat([x, y], 1))
  last = z * 1.0
  for step in range(z.size(1)):
    last = torch.relu(last + z[:, step:step + 1])
  return z + last)");
  // Of row 1, 2: y is 4, 5 and z 1, 2, 4, 5, which add up to 12.
  EXPECT_EQ(std::vector<double>(output.begin(), output.begin() + 4), (std::vector{14.0, 16.0, 20.0, 22.0}));
}

TEST_F(TorchScriptModelTest, NamesAFileThatIsNoModel) {
  const auto error = [&] {
    return thrown_message<ModelError>([&] { return load_torchscript_model({.path = path_, .device = "cpu"}); });
  };
  EXPECT_TRUE(mentions(error(), {"model.pt", "No such file"}));
  write_file(path_, "not a model");
  EXPECT_TRUE(mentions(error(), {"model.pt: expected"}));
  write_zip(path_, {{"archive/data.pkl", "\x80\x02}."}, {"archive/version", "3\n"}});
  EXPECT_TRUE(mentions(error(), {"model.pt: expected a TorchScript model", "torch.jit.script(model).save(path)"}));
  save_model_without_forward(path_);
  EXPECT_TRUE(mentions(error(), {"model.pt: expected a model with a forward() method, got none"}));
}

TEST_F(TorchScriptModelTest, NoticesEveryDamagedByte) {
  save_model(path_, "def forward(self, x): return x @ self.weight", {{"weight", {2, 1}, {10, 1}}});
  const std::string content = read_file(path_);
  const std::string weight("\x00\x00\x20\x41", 4);
  const auto place = content.find(weight);
  ASSERT_NE(place, std::string::npos);
  std::string damaged = content;
  damaged[place + 2] = '\x21';
  write_file(path_, damaged);
  EXPECT_TRUE(
      mentions(thrown_message<ModelError>([&] { return load_torchscript_model({.path = path_, .device = "cpu"}); }),
               {"model.pt"}));
  write_file(path_, content.substr(0, content.size() / 2));
  EXPECT_TRUE(
      mentions(thrown_message<ModelError>([&] { return load_torchscript_model({.path = path_, .device = "cpu"}); }),
               {"model.pt"}));
}

TEST_F(TorchScriptModelTest, KnowsItsDevices) {
  save_model(path_, "def forward(self, x): return x");
  for (const char* const device : {"", "gpu", "cuda:x", "meta", "cpu:0:1", "mkldnn"}) {
    EXPECT_TRUE(
        mentions(thrown_message<ConfigError>([&] { return load_torchscript_model({.path = path_, .device = device}); }),
                 {option("device") + ": expected cpu, cuda, cuda:0 ... or auto, got '"}))
        << device;
  }
  EXPECT_TRUE(mentions(
      thrown_message<ConfigError>([&] { return load_torchscript_model({.path = path_, .device = "cuda:99"}); }),
      {option("device") + ": expected ", "got 'cuda:99'; use " + option("device") + " cpu"}));
  EXPECT_EQ(run(*load_torchscript_model({.path = path_})), (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST(UseOneThreadPerCall, SetsTheThreadsOfLibtorch) {
  use_one_thread_per_call(2);
  EXPECT_EQ(at::get_num_threads(), 1);
}

// The address sanitizer ends the program under a limit of memory.
#ifndef MODATTR_SANITIZED
TEST(UseOneThreadPerCall, RefusesWhereThereIsNoRoom) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  const rlimit tight{std::size_t{1} << 20, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &tight), 0);
  // Stacks that are kept for threads to come are few.
  const std::string message = thrown_message<ModelError>([] { use_one_thread_per_call(64); });
  setrlimit(RLIMIT_AS, &before);
  EXPECT_TRUE(mentions(message, {"threads: expected room for ", "ulimit -v"})) << message;
}
#endif

TEST_F(TorchScriptModelTest, HasNoPartsWhereItReturnsOneTensor) {
  EXPECT_TRUE(mentions(error_of<ConfigError>("def forward(self, x): return x", std::string("logits")),
                       {"model.output: expected none, as model.pt returns one tensor, got 'logits'"}));
  EXPECT_TRUE(mentions(error_of<ConfigError>("def forward(self, x): return x", std::size_t{1}), {"got 1"}));
}

TEST_F(TorchScriptModelTest, TellsEveryTensorThatItReturns) {
  const std::array<std::string, 1> names = {"x"};
  const at::Tensor x = default_x();
  const auto outputs_of = [&](const std::string& forward) { return load(forward)->outputs(names, std::span(&x, 1)); };
  const auto pair = outputs_of("def forward(self, x): return x, x.sum(1)");
  ASSERT_EQ(pair.size(), 2U);
  EXPECT_EQ(pair[1].selector, OutputSelector(std::size_t{1}));
  EXPECT_EQ(pair[1].tensor.dim(), 1);
  const auto named = outputs_of("def forward(self, x): return {\"a\": x, \"b\": x + 1}");
  ASSERT_EQ(named.size(), 2U);
  EXPECT_EQ(named[1].selector, OutputSelector(std::string("b")));
  const auto plain = outputs_of("def forward(self, x): return x");
  ASSERT_EQ(plain.size(), 1U);
  EXPECT_FALSE(plain[0].selector.has_value());
}

TEST_F(TorchScriptModelTest, SaysThatAFileOfArraysIsNoModel) {
  write_npz(path_, {TestArray::of<float>("x", {1}, {1})});
  const std::string message =
      thrown_message<ModelError>([&] { load_torchscript_model({.path = path_, .device = "cpu"}); });
  EXPECT_TRUE(mentions(message, {"expected a TorchScript model, got a NumPy archive"})) << message;
}

}  // namespace
}  // namespace modattr
