#include "hdxor.h"

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/optim/adam.h>

#include "support/array_writers.h"

namespace modattr {
namespace {

constexpr std::int64_t kExampleCount = 20'000;
constexpr std::int64_t kTrainingCount = 14'000;
constexpr std::int64_t kValidationEnd = 17'000;
constexpr std::int64_t kExplainedEnd = 19'000;
constexpr std::int64_t kLatentSize = 200;
constexpr std::int64_t kWidths[] = {200, 100};

/// Both modalities, [examples, columns], and the labels, [examples].
struct HdXorSet {
  std::vector<at::Tensor> inputs;
  at::Tensor labels;
};

/// Parameters in the order of the layers: weight [inputs, outputs], bias [outputs], ...
using Perceptron = std::vector<at::Tensor>;

HdXorSet make_set(HdXorSetting setting, at::Generator& random) {
  const at::Tensor bits = at::randint(0, 2, {kExampleCount, 2}, random, at::TensorOptions(at::kFloat));
  const at::Tensor signs = 2.0 * bits - 1.0;
  const auto noise = [&] { return at::randn({kExampleCount, kLatentSize}, random); };
  const auto both_bits = [&](double mean) {
    return noise() + mean * signs.repeat_interleave(kLatentSize / 2, /*dim=*/1);
  };
  std::vector<at::Tensor> latent;
  switch (setting) {
    case HdXorSetting::kFirstOnly:
      latent = {both_bits(0.35), noise()};
      break;
    case HdXorSetting::kSecondOnly:
      latent = {noise(), both_bits(0.35)};
      break;
    case HdXorSetting::kSynergy:
      for (const std::int64_t bit : {0, 1}) latent.push_back(2.0 * noise() + 0.35 * signs.narrow(1, bit, 1));
      break;
    case HdXorSetting::kRedundancy:
      latent.assign(2, both_bits(0.25));
      break;
  }
  HdXorSet set;
  for (std::size_t modality = 0; modality < latent.size(); ++modality) {
    const at::Tensor projection = at::rand({kLatentSize, kWidths[modality]}, random) - 0.5;
    set.inputs.push_back(latent[modality].matmul(projection));
  }
  set.labels = bits.sum(1).eq(1.0).to(at::kLong);
  return set;
}

at::Tensor logits(const Perceptron& layers, at::Tensor values) {
  for (std::size_t layer = 0; layer < layers.size(); layer += 2) {
    if (layer > 0) values = values.relu();
    values = at::addmm(layers[layer + 1], values, layers[layer]);
  }
  return values;
}

Perceptron train(const HdXorSet& set, at::Generator& random) {
  constexpr std::int64_t kBatchSize = 500;
  constexpr int kEpochCount = 5;
  constexpr std::int64_t kSizes[] = {kWidths[0] + kWidths[1], 150, 75, 2};
  Perceptron layers;
  for (int layer = 0; layer < 3; ++layer) {
    // torch.nn.Linear begins like this.
    const double bound = 1.0 / std::sqrt(static_cast<double>(kSizes[layer]));
    const std::int64_t outputs = kSizes[layer + 1];
    layers.push_back((2.0 * bound * (at::rand({kSizes[layer], outputs}, random) - 0.5)).requires_grad_());
    layers.push_back((2.0 * bound * (at::rand({outputs}, random) - 0.5)).requires_grad_());
  }
  torch::optim::Adam adam(layers, torch::optim::AdamOptions(1e-3).weight_decay(1e-4));
  const at::Tensor inputs = at::cat(set.inputs, 1);
  for (int epoch = 0; epoch < kEpochCount; ++epoch) {
    for (const at::Tensor& rows : at::randperm(kTrainingCount, random, at::kLong).split(kBatchSize)) {
      adam.zero_grad();
      at::cross_entropy_loss(logits(layers, inputs.index_select(0, rows)), set.labels.index_select(0, rows)).backward();
      adam.step();
    }
  }
  return layers;
}

void save(const Perceptron& layers, const std::filesystem::path& path) {
  torch::jit::Module module("hdxor");
  const char* names[] = {"weight0", "bias0", "weight1", "bias1", "weight2", "bias2"};
  for (std::size_t index = 0; index < layers.size(); ++index) {
    module.register_parameter(names[index], layers[index].detach(), false);
  }
  module.define(
      "def forward(self, first, second):\n"
      "    x = torch.cat([first, second], 1)\n"
      "    x = torch.relu(torch.addmm(self.bias0, x, self.weight0))\n"
      "    x = torch.relu(torch.addmm(self.bias1, x, self.weight1))\n"
      "    return torch.addmm(self.bias2, x, self.weight2)\n");
  module.save(path.string());
}

template <typename Value>
TestArray array_of(std::string name, const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  const Value* values = dense.data_ptr<Value>();
  return TestArray::of<Value>(std::move(name), dense.sizes().vec(), std::vector<Value>(values, values + dense.numel()));
}

void save(const HdXorSet& set, std::int64_t begin, std::int64_t end, const std::filesystem::path& path) {
  const auto part = [&](const at::Tensor& tensor) { return tensor.slice(0, begin, end); };
  write_safetensors(path,
                    {array_of<float>("first", part(set.inputs[0])), array_of<float>("second", part(set.inputs[1])),
                     array_of<std::int64_t>("label", part(set.labels))});
}

std::string config(const std::string& removal) {
  const auto modality = [&](const std::string& name) {
    return R"({"name": ")" + name + R"(", "kind": "columns", "inputs": [")" + name + R"("], "removal": )" + removal +
           "}";
  };
  return R"({"model": {"path": "model.pt"}, "data": {"path": "explained.safetensors"}, "modalities": [)" +
         modality("first") + ", " + modality("second") + "]}";
}

}  // namespace

HdXorFiles write_hdxor(HdXorSetting setting, std::uint64_t seed, const std::filesystem::path& folder) {
  // Small products: a second thread gains little, and sums would depend on it.
  at::set_num_threads(1);
  at::Generator random = at::detail::createCPUGenerator(seed);
  const HdXorSet set = make_set(setting, random);
  std::filesystem::create_directories(folder);
  save(train(set, random), folder / "model.pt");
  save(set, kTrainingCount, kValidationEnd, folder / "background.safetensors");
  save(set, kValidationEnd, kExplainedEnd, folder / "explained.safetensors");
  HdXorFiles files = {folder / "background.json", folder / "mean.json"};
  write_file(files.background_config,
             config(R"({"type": "background", "rows": 500, "path": "background.safetensors"})"));
  write_file(files.mean_config, config(R"({"type": "mean"})"));
  return files;
}

}  // namespace modattr
