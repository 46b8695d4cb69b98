#include <algorithm>
#include <array>
#include <cstdint>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "rule_function.h"
#include "rule_table.h"

namespace modattr {
namespace {

/// What a cell keeps from step to step: h, and c of an LSTM.
struct CellState {
  DualTensor h;
  DualTensor c;
};

/// Weights of a direction of a layer: of the input and of the state, with biases or without.
struct CellWeights {
  at::Tensor input;
  at::Tensor state;
  at::Tensor input_bias;
  at::Tensor state_bias;
};

enum class CellKind { kGru, kLstm, kTanh, kRelu };

DualTensor affine(const DualTensor& argument, const at::Tensor& weight, const at::Tensor& bias) {
  return linear(argument, [&](const at::Tensor& tensor) {
    return at::linear(tensor, weight, bias.defined() ? c10::optional<at::Tensor>(bias) : c10::nullopt);
  });
}

/// Part `part` of `count` along the last dimension.
DualTensor part_of(const DualTensor& gates, std::int64_t part, std::int64_t count) {
  const std::int64_t size = gates.x.size(-1) / count;
  return linear(gates, [&](const at::Tensor& tensor) { return tensor.narrow(-1, part * size, size); });
}

/// One step from what the input says to the gates, [rows, gates * width], and the state before.
CellState step(CellKind kind, const DualTensor& from_input, const CellState& state, const CellWeights& weights) {
  const DualTensor from_state = affine(state.h, weights.state, weights.state_bias);
  if (kind == CellKind::kGru) {
    const DualTensor r = sigmoid(add(part_of(from_input, 0, 3), part_of(from_state, 0, 3)));
    const DualTensor z = sigmoid(add(part_of(from_input, 1, 3), part_of(from_state, 1, 3)));
    const DualTensor n = tanh(add(part_of(from_input, 2, 3), multiply(r, part_of(from_state, 2, 3))));
    // (1 - z) n + z h
    return {add(n, multiply(z, subtract(state.h, n))), {}};
  }
  const DualTensor gates = add(from_input, from_state);
  if (kind == CellKind::kTanh) return {tanh(gates), {}};
  if (kind == CellKind::kRelu) {
    return {elementwise(gates, Secant::kKinked, [](const at::Tensor& z) { return at::relu(z); }), {}};
  }
  const DualTensor i = sigmoid(part_of(gates, 0, 4));
  const DualTensor f = sigmoid(part_of(gates, 1, 4));
  const DualTensor g = tanh(part_of(gates, 2, 4));
  const DualTensor o = sigmoid(part_of(gates, 3, 4));
  const DualTensor c = add(multiply(f, state.c), multiply(i, g));
  return {multiply(o, tanh(c)), c};
}

template <typename Join>
DualTensor joined(const std::vector<DualTensor>& parts, const Join& join) {
  std::vector<at::Tensor> x;
  std::vector<at::Tensor> b;
  for (const DualTensor& part : parts) {
    x.push_back(part.x);
    b.push_back(part.b);
  }
  const c10::AutoGradMode grad_mode(true);
  DualTensor result{join(x), {}};
  const c10::NoGradGuard no_grad;
  result.b = join(b);
  return result;
}

DualTensor stacked(const std::vector<DualTensor>& parts) {
  return joined(parts, [](const std::vector<at::Tensor>& list) { return at::stack(list, 0); });
}

/// All layers and directions, step by step; nullopt for weights of another form (projections).
RuleOutputs unrolled(const NodeCall& call, CellKind kind) {
  const bool is_lstm = kind == CellKind::kLstm;
  const std::vector<DualTensor> parameters = call.tensors("params");
  const bool has_biases = call.named("has_biases").toBool();
  const auto layer_count = static_cast<std::size_t>(call.named("num_layers").toInt());
  const std::size_t direction_count = call.named("bidirectional").toBool() ? 2 : 1;
  const bool batch_first = call.named("batch_first").toBool();
  const std::size_t per_cell = has_biases ? 4 : 2;
  if (parameters.size() != layer_count * direction_count * per_cell) return std::nullopt;
  if (std::ranges::any_of(parameters, [](const DualTensor& weight) { return weight.varies(); })) return std::nullopt;
  std::vector<DualTensor> start = is_lstm ? call.tensors("hx") : std::vector{call.tensor("hx")};
  DualTensor sequence = call.tensor("input");
  const bool has_rows = sequence.x.dim() == 3;
  const auto with_rows = [&](const at::Tensor& tensor) { return has_rows ? tensor : tensor.unsqueeze(1); };
  const auto in_order = [&](const at::Tensor& tensor) {
    return batch_first && has_rows ? tensor.transpose(0, 1) : with_rows(tensor);
  };
  sequence = linear(sequence, in_order);
  for (DualTensor& state : start) state = linear(state, with_rows);

  std::vector<DualTensor> last_h;
  std::vector<DualTensor> last_c;
  for (std::size_t layer = 0; layer < layer_count; ++layer) {
    std::vector<DualTensor> directions;
    for (std::size_t direction = 0; direction < direction_count; ++direction) {
      const std::size_t cell = layer * direction_count + direction;
      const auto weight = [&](std::size_t place) {
        return place < per_cell ? parameters[cell * per_cell + place].x : at::Tensor();
      };
      const CellWeights weights{weight(0), weight(1), weight(2), weight(3)};
      const auto start_of = [&](const DualTensor& all) {
        return linear(all, [&](const at::Tensor& tensor) { return tensor.select(0, static_cast<std::int64_t>(cell)); });
      };
      CellState state{start_of(start[0]), is_lstm ? start_of(start[1]) : DualTensor{}};
      const DualTensor gates = affine(sequence, weights.input, weights.input_bias);
      const std::int64_t length = sequence.x.size(0);
      std::vector<DualTensor> outputs(static_cast<std::size_t>(length));
      for (std::int64_t time = 0; time < length; ++time) {
        const std::int64_t at = direction == 0 ? time : length - 1 - time;
        state =
            step(kind, linear(gates, [&](const at::Tensor& tensor) { return tensor.select(0, at); }), state, weights);
        outputs[static_cast<std::size_t>(at)] = state.h;
      }
      directions.push_back(stacked(outputs));
      last_h.push_back(state.h);
      last_c.push_back(state.c);
    }
    sequence = directions.size() == 1
                   ? directions.front()
                   : joined(directions, [](const std::vector<at::Tensor>& list) { return at::cat(list, -1); });
  }
  const auto without_rows = [&](const at::Tensor& tensor) { return has_rows ? tensor : tensor.squeeze(1); };
  const auto out_order = [&](const at::Tensor& tensor) {
    return batch_first && has_rows ? tensor.transpose(0, 1) : without_rows(tensor);
  };
  std::vector<DualTensor> outputs = {linear(sequence, out_order), linear(stacked(last_h), without_rows)};
  if (is_lstm) outputs.push_back(linear(stacked(last_c), without_rows));
  return outputs;
}

template <CellKind kKind>
RuleOutputs sequence_rule(const NodeCall& call) {
  // Packed sequences have other arguments.
  if (call.place("batch_first") == call.argument_count()) return std::nullopt;
  return unrolled(call, kKind);
}

template <CellKind kKind>
RuleOutputs cell_rule(const NodeCall& call) {
  constexpr bool kIsLstm = kKind == CellKind::kLstm;
  const std::array names = {"w_ih", "w_hh", "b_ih", "b_hh"};
  for (const char* const name : names) {
    if (call.tensor(name).varies()) return std::nullopt;
  }
  const CellWeights weights{call.tensor(names[0]).x, call.tensor(names[1]).x, call.tensor(names[2]).x,
                            call.tensor(names[3]).x};
  CellState state;
  if constexpr (kIsLstm) {
    const std::vector<DualTensor> start = call.tensors("hx");
    state = {start.at(0), start.at(1)};
  } else {
    state.h = call.tensor("hx");
  }
  state = step(kKind, affine(call.tensor("input"), weights.input, weights.input_bias), state, weights);
  std::vector<DualTensor> outputs = {state.h};
  if constexpr (kIsLstm) outputs.push_back(state.c);
  return outputs;
}

}  // namespace

std::vector<NamedRule> recurrent_rules() {
  return {{"gru", sequence_rule<CellKind::kGru>},        {"lstm", sequence_rule<CellKind::kLstm>},
          {"rnn_tanh", sequence_rule<CellKind::kTanh>},  {"rnn_relu", sequence_rule<CellKind::kRelu>},
          {"gru_cell", cell_rule<CellKind::kGru>},       {"lstm_cell", cell_rule<CellKind::kLstm>},
          {"rnn_tanh_cell", cell_rule<CellKind::kTanh>}, {"rnn_relu_cell", cell_rule<CellKind::kRelu>}};
}

}  // namespace modattr
