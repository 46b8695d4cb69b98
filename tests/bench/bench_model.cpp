// Writes the models of the benchmarks: modattr_bench_model linear|single-stream|two-towers FILE. A program of its own,
// because a child process begins with the peak memory of its parent, and libtorch would be in it.

#include <string>

#include <torch/script.h>

namespace {

/// Two inputs of 512 numbers and eight classes.
torch::jit::Module linear() {
  torch::jit::Module module("linear");
  module.register_parameter("weight", torch::full({512, 8}, 0.01), false);
  module.define(
      "def forward(self, first, second):\n"
      "    return torch.tanh(torch.matmul(first, self.weight)) + torch.matmul(second, self.weight)\n");
  return module;
}

/// Both inputs, as 16 tokens of 32 numbers each, go through one Transformer of four layers: only the stems can be split
/// off.
torch::jit::Module single_stream() {
  constexpr std::int64_t kWidth = 96;
  constexpr int kLayerCount = 4;
  torch::manual_seed(0);
  torch::jit::Module module("single_stream");
  std::string code =
      "def forward(self, first, second):\n"
      "    a = torch.matmul(first.reshape([-1, 16, 32]), self.first_stem)\n"
      "    b = torch.matmul(second.reshape([-1, 16, 32]), self.second_stem)\n"
      "    x = torch.cat([a, b], 1)\n";
  const auto add = [&](const std::string& name, std::int64_t rows, std::int64_t columns) {
    module.register_parameter(name, 0.1 * torch::randn({rows, columns}), false);
  };
  add("first_stem", 32, kWidth);
  add("second_stem", 32, kWidth);
  for (int layer = 0; layer < kLayerCount; ++layer) {
    const std::string number = std::to_string(layer);
    for (const char* name : {"query", "key", "value"}) add(name + number, kWidth, kWidth);
    add("up" + number, kWidth, 4 * kWidth);
    add("down" + number, 4 * kWidth, kWidth);
    code += "    q, k, v = x @ self.query" + number + ", x @ self.key" + number + ", x @ self.value" + number + "\n";
    code += "    x = torch.layer_norm(x + torch.softmax(q @ k.transpose(1, 2) * 0.1, -1) @ v, [96])\n";
    code += "    x = torch.layer_norm(x + torch.relu(x @ self.up" + number + ") @ self.down" + number + ", [96])\n";
  }
  add("head", kWidth, 8);
  module.define(code + "    return x.mean([1]) @ self.head\n");
  return module;
}

/// A convolutional network over the first input, as a picture of 16 x 32, and a Transformer over the second, as 16
/// tokens of 32 numbers, which meet in a product: the encoders of a model that answers in milliseconds.
torch::jit::Module two_towers() {
  constexpr std::int64_t kWidth = 192;
  constexpr int kLayerCount = 4;
  torch::manual_seed(0);
  torch::jit::Module module("two_towers");
  const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape, double scale) {
    module.register_parameter(name, scale * torch::randn(shape), false);
  };
  add("first_stem", {48, 1, 3, 3}, 0.2);
  add("second_stem", {32, kWidth}, 0.1);
  std::string code =
      "def forward(self, first, second):\n"
      "    p = torch.relu(torch.conv2d(first.reshape([-1, 1, 16, 32]), self.first_stem, None, [1, 1], [1, 1]))\n"
      "    x = torch.matmul(second.reshape([second.size(0), 16, 32]), self.second_stem)\n";
  for (int layer = 0; layer < kLayerCount; ++layer) {
    const std::string number = std::to_string(layer);
    add("kernel" + number, {48, 48, 3, 3}, 0.05);
    code += "    p = torch.relu_(p + torch.conv2d(p, self.kernel" + number + ", None, [1, 1], [1, 1]))\n";
    for (const char* name : {"query", "key", "value"}) add(name + number, {kWidth, kWidth}, 0.1);
    add("up" + number, {kWidth, 4 * kWidth}, 0.1);
    add("down" + number, {4 * kWidth, kWidth}, 0.1);
    code += "    q, k, v = x @ self.query" + number + ", x @ self.key" + number + ", x @ self.value" + number + "\n";
    code += "    x = torch.layer_norm(x + torch.softmax(q @ k.transpose(1, 2) * 0.1, -1) @ v, [192])\n";
    code += "    x = torch.layer_norm(x + torch.relu(x @ self.up" + number + ") @ self.down" + number + ", [192])\n";
  }
  add("seen", {48, kWidth}, 0.1);
  add("head", {kWidth, 8}, 0.1);
  module.define(code + "    return ((p.mean([2, 3]) @ self.seen) * x.mean([1])) @ self.head\n");
  return module;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 3) return 2;
  const std::string kind = arguments[1];
  if (kind != "linear" && kind != "single-stream" && kind != "two-towers") return 2;
  (kind == "linear" ? linear() : kind == "two-towers" ? two_towers() : single_stream()).save(arguments[2]);
}
