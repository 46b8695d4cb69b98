#include "torchscript_models.h"

#include <ATen/ops/tensor.h>
#include <torch/csrc/jit/api/module.h>

namespace modattr {

void save_model(const std::filesystem::path& path, std::string_view forward,
                const std::vector<ModelParameter>& parameters) {
  torch::jit::Module module("TestModel");
  for (const ModelParameter& parameter : parameters) {
    module.register_parameter(parameter.name, at::tensor(parameter.values).reshape(parameter.shape), false);
  }
  module.define(std::string(forward) + "\n");
  module.save(path.string());
}

void save_model_without_forward(const std::filesystem::path& path) {
  torch::jit::Module module("EmptyModel");
  module.register_parameter("weight", at::tensor(std::vector<float>{1.0F}), false);
  module.save(path.string());
}

}  // namespace modattr
