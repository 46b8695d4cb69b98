#include "modattr/graph/torch_errors.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include "modattr/core/option_name.h"

namespace modattr {
namespace {

template <typename Action>
std::string reason_of(Action action) {
  try {
    action();
  } catch (const std::exception& error) {
    return one_line_reason(error);
  }
  return "nothing was thrown";
}

/// What a TorchScript method on a float tensor [2, 3] fails with.
std::string reason_of_method(const std::string& source) {
  torch::jit::Module module("Failing");
  module.define(source);
  return reason_of([&] { module.get_method("forward")({at::ones({2, 3})}); });
}

TEST(OneLineReason, IsTheMessageOfAnExceptionOfTheStandardLibrary) {
  EXPECT_EQ(one_line_reason(std::runtime_error("no such file")), "no such file");
}

TEST(OneLineReason, IsTheFirstLineOfALongerMessage) {
  EXPECT_EQ(one_line_reason(std::runtime_error("\n  the reason \nand much more\n")), "the reason");
}

TEST(OneLineReason, LeavesOutTheBacktraceOfLibtorch) {
  EXPECT_EQ(reason_of([] { at::add(at::ones({2}), at::ones({3})); }),
            "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0");
  EXPECT_EQ(reason_of([] { TORCH_CHECK(false, "a wrong value: ", 7); }), "a wrong value: 7");
}

TEST(OneLineReason, FindsTheReasonInATraceOfTheInterpreter) {
  EXPECT_EQ(reason_of_method("def forward(self, x):\n  y = x + 1\n  return x.matmul(y)\n"),
            "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
}

TEST(OneLineReason, FindsTheReasonBelowSeveralFrames) {
  torch::jit::Module module("Failing");
  module.define("def inner(self, x):\n  return x.view(4, 4)\ndef forward(self, x):\n  return self.inner(x)\n");
  const std::string reason = reason_of([&] { module.get_method("forward")({at::ones({2, 3})}); });
  EXPECT_EQ(reason, "RuntimeError: shape '[4, 4]' is invalid for input of size 6");
}

TEST(OneLineReason, KeepsWhatTheModelItselfRaises) {
  EXPECT_EQ(reason_of_method("def forward(self, x):\n  assert x.size(0) == 3, 'expected three words'\n  return x\n"),
            "RuntimeError: AssertionError: expected three words");
}

TEST(OneLineReason, IsNeverEmpty) {
  EXPECT_EQ(one_line_reason(std::runtime_error("")), "an error without a message");
  EXPECT_EQ(one_line_reason(std::runtime_error("frame #0: main\n  ~~~~ <--- HERE\n")), "an error without a message");
}

TEST(OneLineReason, SaysWhatHelpsWhereAGpuIsFull) {
  const std::string expected = "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB; try a smaller " +
                               std::string("model.rows_per_call or ") + option("cache_mb") + ", or " +
                               option("device") + " cpu";
  for (const char* const rest :
       {" (GPU 0; 15.78 GiB total capacity; 1.00 GiB free) If reserved memory is >> allocated memory",
        ". GPU 0 has a total capacity of 15.78 GiB of which 1.00 GiB is free. See (https://pytorch.org)"}) {
    const std::runtime_error error("RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB" + std::string(rest));
    EXPECT_EQ(one_line_reason(error), expected);
  }
}

}  // namespace
}  // namespace modattr
