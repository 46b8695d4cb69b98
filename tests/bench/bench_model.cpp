// Writes the model of the benchmarks: modattr_bench_model FILE. A program of its own, because a child process begins
// with the peak memory of its parent, and libtorch would be in it.

#include <torch/script.h>

int main(int argument_count, char** arguments) {
  if (argument_count != 2) return 2;
  torch::jit::Module module("bench");
  module.register_parameter("weight", torch::full({512, 8}, 0.01), false);
  module.define(
      "def forward(self, first, second):\n"
      "    return torch.tanh(torch.matmul(first, self.weight)) + torch.matmul(second, self.weight)\n");
  module.save(arguments[1]);
}
