#include "graph_pass.h"

#include <utility>

#include <ATen/Functions.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include "graph_engines/rules/rule_function.h"
#include "modattr/core/error.h"
#include "modattr/graph/device.h"
#include "modattr/graph/torch_errors.h"

namespace modattr {

GraphPass::GraphPass(const Parts& parts)
    : parts_(parts), graph_(make_inner_graph(parts.program)), output_(parts.program.path, parts.program.output) {}

PassResult GraphPass::multipliers(const PassData& data, SideMemo* memo) const {
  return run(data, {.kind = PassKind::kRules, .memo = memo}, false);
}

PassResult GraphPass::gradients(const PassData& data, const at::Tensor& points, bool values_only) const {
  return run(data, {.kind = PassKind::kPath, .points = points}, values_only);
}

PassResult GraphPass::run(const PassData& data, PassInput input, bool values_only) const {
  const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
  input.names = parts_.input_names;
  input.row_count = static_cast<std::int64_t>(data.examples.size());
  input.x_modalities = data.x_modalities;
  input.b_modalities = data.b_modalities;
  const at::Device device = parts_.program.device;
  std::uint64_t differing = 0;
  for (std::size_t place = 0; place < data.x.size(); ++place) {
    const bool is_same = data.x[place].is_same(data.b[place]) || at::equal(data.x[place], data.b[place]);
    if (!is_same) differing |= parts_.modalities_of_input[place];
    const at::Tensor x = to_device(data.x[place], device);
    input.values.push_back({.x = x,
                            .b = is_same ? x : to_device(data.b[place], device),
                            .is_same = is_same,
                            .inputs = is_same ? 0 : std::uint64_t{1} << std::min<std::size_t>(place, 63),
                            .origin = is_same ? at::Tensor() : parts_.elements.origin(place, data.x[place]),
                            .modalities = parts_.modalities_of_input[place]});
  }
  PassResult result;
  const std::uint64_t expected =
      (data.x_modalities.own ^ data.b_modalities.own) | (data.x_modalities.partly ^ data.b_modalities.partly);
  result.has_equal_data = (expected & ~differing) != 0;
  DualInterpreter interpreter(graph_, input, result.ledger);
  Dual returned = interpreter.run();
  const auto read = [&](const c10::IValue& value) {
    output_.check_selector(value);
    return output_.read(value, input.row_count);
  };
  DualTensor output;
  {
    const c10::AutoGradMode grad_mode(true);
    output.x = read(returned.x);
  }
  {
    const c10::NoGradGuard no_grad;
    output.b = input.kind == PassKind::kPath ? plain(output.x) : returned.is_same ? output.x : read(returned.b);
  }
  returned = {};
  const DualTensor value = parts_.target(output, data.examples);
  result.x = plain(value.x);
  result.b = input.kind == PassKind::kPath ? at::Tensor() : plain(value.b);
  result.parts_ways = interpreter.parts_ways();
  result.byte_count = interpreter.byte_count();
  if (values_only) return result;
  std::vector<at::Tensor> multipliers(interpreter.leaves().size());
  if (value.varies() && !interpreter.leaves().empty()) {
    std::vector<at::Tensor> leaves;
    for (const Leaf& leaf : interpreter.leaves()) leaves.push_back(leaf.x);
    try {
      multipliers = torch::autograd::grad({value.x.sum()}, leaves, {}, false, false, true);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw ModelError(parts_.program.path + ": the way back through the model failed: " + one_line_reason(error));
    }
  }
  result.credits = credits_of(interpreter.leaves(), multipliers, parts_.elements, input.row_count);
  return result;
}

}  // namespace modattr
