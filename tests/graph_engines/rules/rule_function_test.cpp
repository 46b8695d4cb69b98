#include "graph_engines/rules/rule_function.h"

#include <memory>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace modattr {
namespace {

TEST(OnTape, PassesMultipliersBack) {
  const at::Tensor x = at::full({3}, 2.0, at::kDouble).requires_grad_(true);
  const TensorList outputs =
      on_tape({at::full({3}, 7.0, at::kDouble)}, {x}, [](const TensorList& g) { return TensorList{g.front() * 5.0}; });
  const at::Tensor gradient = torch::autograd::grad({(outputs.front() * 3.0).sum()}, {x}).front();
  EXPECT_TRUE(at::equal(gradient, at::full({3}, 15.0, at::kDouble))) << gradient;
  EXPECT_EQ(outputs.front()[0].item<double>(), 7.0);
}

TEST(OnTape, FreesItsMultipliersWithTheTape) {
  auto token = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = token;
  {
    const at::Tensor x = at::ones({2}).requires_grad_(true);
    const at::Tensor y = at::ones({2});
    // The multiplier holds the output, as that of an activation does.
    const TensorList outputs = on_tape({y}, {x}, [y, token](const TensorList& g) { return TensorList{g.front() * y}; });
    token.reset();
    torch::autograd::grad({outputs.front().sum()}, {x});
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_TRUE(watched.expired());
}

TEST(OnTape, SeesInputsOfAListOfTensors) {
  const at::Tensor first = at::ones({2}).requires_grad_(true);
  const at::Tensor second = at::ones({2}).requires_grad_(true);
  const TensorList outputs = on_tape({at::ones({2})}, {first, second}, [](const TensorList& g) {
    return TensorList{g.front() * 2.0, g.front() * 3.0};
  });
  const auto gradients = torch::autograd::grad({outputs.front().sum()}, {first, second});
  EXPECT_EQ(gradients[0][0].item<float>(), 2.0F);
  EXPECT_EQ(gradients[1][0].item<float>(), 3.0F);
}

}  // namespace
}  // namespace modattr
