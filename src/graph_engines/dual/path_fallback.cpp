#include "path_fallback.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/autograd.h>

#include "graph_engines/rules/node_call.h"
#include "graph_engines/rules/rule_function.h"
#include "modattr/core/error.h"
#include "modattr/stats/gauss_legendre.h"

namespace modattr {
namespace {

constexpr std::size_t kMostPoints = 64;

/// Part of the flow through an operation that may be missing before more points are taken.
double tolerance_of(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kDouble ? 1e-12 : 2e-6;
}

/// Replaces the tensors on the tape, in order; others stay. Lists are made anew.
c10::IValue with_tensors(const c10::IValue& value, const c10::IValue& taped, const TensorList& tensors,
                         std::size_t& next) {
  if (taped.isTensor()) return is_taped(taped.toTensor()) ? c10::IValue(tensors[next++]) : value;
  if (!taped.isTensorList()) return value;
  c10::List<at::Tensor> list;
  const std::vector<at::Tensor> own = value.toTensorVector();
  const std::vector<at::Tensor> marks = taped.toTensorVector();
  for (std::size_t place = 0; place < marks.size(); ++place) {
    list.push_back(is_taped(marks[place]) ? tensors[next++] : own[place]);
  }
  return list;
}

/// The floating-point tensors among results.
TensorList float_tensors(const std::vector<c10::IValue>& results) {
  TensorList tensors;
  for (const c10::IValue& result : results) {
    visit_tensors(result, [&](const at::Tensor& tensor) {
      if (tensor.is_floating_point()) tensors.push_back(tensor);
    });
  }
  return tensors;
}

/// An operation between two sides of its inputs.
struct Path {
  const torch::jit::Node& node;
  /// Arguments of x; the places of `marks` on the tape are replaced.
  std::vector<c10::IValue> arguments;
  /// Which tensors are on the tape, as tensors of no numbers.
  std::vector<c10::IValue> marks;
  TensorList x;
  TensorList b;
  /// y - y' of the float results.
  TensorList changes;
  std::int64_t row_count = 0;
  GapLedger& ledger;

  std::vector<c10::IValue> run(const TensorList& inputs) const {
    std::vector<c10::IValue> own;
    std::size_t next = 0;
    for (std::size_t place = 0; place < arguments.size(); ++place) {
      own.push_back(with_tensors(arguments[place], marks[place], inputs, next));
    }
    return run_functionally(node, std::move(own));
  }

  /// Derivatives of sum g y at a point of the path, [inputs].
  TensorList gradients(const TensorList& g, double point) const {
    const c10::AutoGradMode grad_mode(true);
    TensorList leaves;
    for (std::size_t input = 0; input < x.size(); ++input) {
      leaves.push_back((b[input] + point * (x[input] - b[input])).detach().requires_grad_(true));
    }
    const TensorList results = float_tensors(run(leaves));
    TensorList outputs;
    TensorList weights;
    for (std::size_t output = 0; output < results.size(); ++output) {
      if (!g[output].defined() || !results[output].requires_grad()) continue;
      outputs.push_back(results[output]);
      weights.push_back(g[output]);
    }
    if (outputs.empty()) return TensorList(x.size());
    return torch::autograd::grad(outputs, leaves, weights, false, false, true);
  }

  /// Sums over the inputs of M D, by row.
  at::Tensor passed_on(const TensorList& multipliers) const {
    at::Tensor sum = at::zeros({1}, at::kDouble);
    for (std::size_t input = 0; input < x.size(); ++input) {
      sum = sum + row_sums(multipliers[input] * (x[input] - b[input]), row_count).cpu();
    }
    return sum;
  }

  TensorList multipliers(const TensorList& g) const;
  void spread(const at::Tensor& rest, TensorList& multipliers) const;
};

/// Divides what is missing among the inputs by the magnitudes of their parts.
void Path::spread(const at::Tensor& rest, TensorList& multipliers) const {
  at::Tensor magnitude = at::zeros({1}, at::kDouble);
  for (std::size_t input = 0; input < x.size(); ++input) {
    magnitude = magnitude + row_sums((multipliers[input] * (x[input] - b[input])).abs(), row_count).cpu();
  }
  const at::Tensor factor = at::where(magnitude > 0, rest / magnitude, at::zeros_like(magnitude));
  for (std::size_t input = 0; input < x.size(); ++input) {
    const at::Tensor difference = x[input] - b[input];
    const at::Tensor own = by_row(factor.to(difference.options()), difference);
    if (!own.defined()) continue;
    // M D + factor |M D| = (M + factor |M| sign(D)) D, whatever the sign of M.
    multipliers[input] = multipliers[input] + own * multipliers[input].abs() * difference.sign();
  }
}

TensorList Path::multipliers(const TensorList& g) const {
  const c10::NoGradGuard off_tape;
  at::Tensor flow = at::zeros({1}, at::kDouble);
  at::Tensor scale = at::zeros({1}, at::kDouble);
  for (std::size_t output = 0; output < changes.size(); ++output) {
    if (!g[output].defined()) continue;
    const at::Tensor part = g[output] * changes[output];
    flow = flow + row_sums(part, row_count).cpu();
    scale = scale + row_sums(part.abs(), row_count).cpu();
  }
  TensorList best;
  at::Tensor rest;
  for (std::size_t count = 1; count <= kMostPoints; count *= 2) {
    const Quadrature rule = gauss_legendre(count);
    best.assign(x.size(), at::Tensor());
    for (std::size_t point = 0; point < count; ++point) {
      const TensorList part = gradients(g, rule.nodes[point]);
      for (std::size_t input = 0; input < x.size(); ++input) {
        if (!part[input].defined()) continue;
        const at::Tensor weighted = part[input].nan_to_num(0.0) * rule.weights[point];
        best[input] = best[input].defined() ? best[input] + weighted : weighted;
      }
    }
    for (std::size_t input = 0; input < x.size(); ++input) {
      if (!best[input].defined()) best[input] = at::zeros_like(x[input]);
    }
    rest = flow - passed_on(best);
    const double tolerance = tolerance_of(x.front());
    if ((rest.abs() <= tolerance * scale + 1e-30).all().item<bool>()) return best;
  }
  ledger.add(node.kind().toQualString(), rest.abs());
  spread(rest, best);
  return best;
}

/// The value off the tape; lists are made anew.
c10::IValue off_tape(const c10::IValue& value) {
  if (value.isTensor()) return value.toTensor().defined() ? c10::IValue(plain(value.toTensor())) : value;
  if (!value.isTensorList()) return value;
  c10::List<at::Tensor> list;
  for (const at::Tensor& tensor : value.toTensorVector()) list.push_back(plain(tensor));
  return list;
}

/// Puts the next of `taped` in the places of float tensors.
c10::IValue with_floats(const c10::IValue& value, const TensorList& taped, std::size_t& next) {
  if (value.isTensor()) return value.toTensor().is_floating_point() ? c10::IValue(taped[next++]) : value;
  if (!value.isTensorList()) return value;
  c10::List<at::Tensor> list;
  for (const at::Tensor& tensor : value.toTensorVector()) {
    list.push_back(tensor.is_floating_point() ? taped[next++] : tensor);
  }
  return list;
}

}  // namespace

std::vector<Dual> run_by_path(const torch::jit::Node& node, const std::vector<c10::IValue>& x,
                              const std::vector<c10::IValue>& b, std::int64_t row_count, GapLedger& ledger) {
  const c10::NoGradGuard no_grad;
  auto path = std::make_shared<Path>(Path{.node = node,
                                          .arguments = {},
                                          .marks = {},
                                          .x = {},
                                          .b = {},
                                          .changes = {},
                                          .row_count = row_count,
                                          .ledger = ledger});
  TensorList taped;
  for (std::size_t place = 0; place < x.size(); ++place) {
    path->arguments.push_back(off_tape(x[place]));
    // Marks keep no tape alive.
    const auto mark = [](const at::Tensor& tensor) {
      return is_taped(tensor) ? at::empty({0}).requires_grad_(true) : at::empty({0});
    };
    const auto add = [&](const at::Tensor& own, const at::Tensor& other) {
      if (!is_taped(own)) return;
      taped.push_back(own);
      path->x.push_back(plain(own));
      path->b.push_back(other);
    };
    if (x[place].isTensor() && x[place].toTensor().defined()) {
      path->marks.emplace_back(mark(x[place].toTensor()));
      add(x[place].toTensor(), b[place].toTensor());
    } else if (x[place].isTensorList()) {
      c10::List<at::Tensor> marks;
      const std::vector<at::Tensor> own = x[place].toTensorVector();
      const std::vector<at::Tensor> other = b[place].toTensorVector();
      for (std::size_t index = 0; index < own.size(); ++index) {
        marks.push_back(mark(own[index]));
        add(own[index], other.at(index));
      }
      path->marks.emplace_back(marks);
    } else {
      path->marks.emplace_back();
    }
  }
  const std::vector<c10::IValue> y = run_functionally(node, path->arguments);
  const std::vector<c10::IValue> y_b = run_functionally(node, b);
  const TensorList floats = float_tensors(y);
  const TensorList floats_b = float_tensors(y_b);
  std::vector<Dual> results;
  if (floats.size() == floats_b.size()) {
    bool differ = false;
    for (std::size_t output = 0; output < floats.size(); ++output) {
      if (floats[output].sizes() != floats_b[output].sizes()) {
        throw ModelError(std::string(node.kind().toQualString()) +
                         ": expected results of one shape for an example and for its removed data, got two");
      }
      path->changes.push_back(floats[output] - floats_b[output]);
      differ |= !at::equal(floats[output], floats_b[output]);
    }
    if (differ) {
      {
        // One try, so that an operation without a derivative is refused here and by its name.
        const c10::AutoGradMode grad_mode(true);
        TensorList leaves;
        for (const at::Tensor& input : path->x) leaves.push_back(input.detach().requires_grad_(true));
        bool is_differentiable = false;
        try {
          for (const at::Tensor& output : float_tensors(path->run(leaves))) is_differentiable |= is_taped(output);
        } catch (const std::exception&) {
          is_differentiable = false;
        }
        if (!is_differentiable) {
          throw ModelError(std::string(node.kind().toQualString()) +
                           ": expected an operation with a derivative, got one without; methods auto, leverage and "
                           "permutation need none");
        }
      }
      const TensorList on = on_tape(floats, taped, [path](const TensorList& g) { return path->multipliers(g); });
      std::size_t next = 0;
      for (std::size_t output = 0; output < y.size(); ++output) {
        const c10::IValue value = with_floats(y[output], on, next);
        results.push_back({.x = value, .b = y_b[output], .is_same = false});
      }
      return results;
    }
  }
  for (std::size_t output = 0; output < y.size(); ++output) {
    const bool is_same = are_equal(y[output], y_b[output]);
    results.push_back({.x = y[output], .b = is_same ? y[output] : y_b[output], .is_same = is_same});
  }
  return results;
}

}  // namespace modattr
