#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/model/model.h"

namespace modattr {

/// A model that is a function of its inputs and remembers how many rows each call had.
class FakeModel final : public Model {
 public:
  using Function = std::function<at::Tensor(std::span<const at::Tensor> inputs)>;

  FakeModel(std::vector<ModelArgument> arguments, Function function)
      : arguments_(std::move(arguments)), function_(std::move(function)) {}

  const std::string& path() const noexcept override { return path_; }
  const std::vector<ModelArgument>& arguments() const noexcept override { return arguments_; }
  bool takes_dictionary() const noexcept override { return arguments_.empty(); }
  std::size_t parameter_count() const noexcept override { return 0; }

  at::Tensor run(std::span<const std::string> input_names, std::span<const at::Tensor> inputs) const override {
    {
      const std::lock_guard lock(mutex_);
      input_names_.assign(input_names.begin(), input_names.end());
      rows_of_calls_.push_back(inputs.front().size(0));
    }
    const at::Tensor output = function_(inputs).to(at::kDouble);
    return output.reshape({output.size(0), -1}).contiguous();
  }

  const std::vector<std::int64_t>& rows_of_calls() const noexcept { return rows_of_calls_; }
  const std::vector<std::string>& input_names() const noexcept { return input_names_; }

 private:
  std::string path_ = "model.pt";
  std::vector<ModelArgument> arguments_;
  Function function_;
  mutable std::mutex mutex_;
  mutable std::vector<std::int64_t> rows_of_calls_;
  mutable std::vector<std::string> input_names_;
};

}  // namespace modattr
