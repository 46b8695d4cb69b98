#include <cstdint>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "rule_function.h"
#include "rule_table.h"

namespace modattr {
namespace {

/// The largest of a set of numbers on both sides, and which of them it is.
struct Extremes {
  at::Tensor x;
  at::Tensor b;
  at::Tensor x_index;
  at::Tensor b_index;
};

/// M of a maximum: g (y - y') / D at the place of the larger of the two, whose D is at least the difference of the
/// maxima. `x`, `b`: [.., n], `extremes` [.., m] with indices into n.
at::Tensor maximum_multiplier(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const Extremes& extremes,
                              bool is_minimum) {
  const at::Tensor x_is_further = is_minimum ? extremes.x <= extremes.b : extremes.x >= extremes.b;
  const at::Tensor index = at::where(x_is_further, extremes.x_index, extremes.b_index);
  const at::Tensor difference = x.gather(-1, index) - b.gather(-1, index);
  const at::Tensor change = extremes.x - extremes.b;
  const at::Tensor slope = at::where(difference == 0, at::ones_like(change), change / difference);
  // Windows overlap: their multipliers add up.
  return at::zeros_like(x).scatter_add_(-1, index, g * slope);
}

/// The size of the last `count` dimensions together, behind the others.
at::Tensor folded(const at::Tensor& tensor, std::int64_t count) {
  return tensor.dim() == count ? tensor.reshape({-1}) : tensor.flatten(-count);
}

/// Runs a pooling that returns values and places; `run`: from the input to both.
template <typename Run>
RuleOutputs pooled(const NodeCall& call, std::int64_t space_dimensions, bool returns_places, const Run& run) {
  const DualTensor argument = call.tensor(0);
  const c10::NoGradGuard no_grad;
  const at::Tensor x = plain(argument.x);
  const auto [y, places] = run(x);
  const auto [y_b, places_b] = run(argument.b);
  const Extremes extremes{folded(y, space_dimensions), folded(y_b, space_dimensions), folded(places, space_dimensions),
                          folded(places_b, space_dimensions)};
  const auto multiplier = [=, b = argument.b](const TensorList& g) {
    const at::Tensor m = maximum_multiplier(folded(g.front(), space_dimensions), folded(x, space_dimensions),
                                            folded(b, space_dimensions), extremes, false);
    return TensorList{m.reshape(x.sizes())};
  };
  std::vector<DualTensor> outputs = {{on_tape({y}, {argument.x}, multiplier).front(), y_b}};
  if (returns_places) outputs.push_back({places, places_b});
  return outputs;
}

template <std::int64_t kDimensions>
RuleOutputs max_pool_rule(const NodeCall& call) {
  const bool returns_places = call.node().outputs().size() == 2;
  const auto list = [&](const char* name) { return call.named(name).toIntVector(); };
  const auto run = [&](const at::Tensor& tensor) {
    if constexpr (kDimensions == 1) {
      return at::max_pool1d_with_indices(tensor, list("kernel_size"), list("stride"), list("padding"), list("dilation"),
                                         call.named("ceil_mode").toBool());
    } else if constexpr (kDimensions == 2) {
      return at::max_pool2d_with_indices(tensor, list("kernel_size"), list("stride"), list("padding"), list("dilation"),
                                         call.named("ceil_mode").toBool());
    } else {
      return at::max_pool3d_with_indices(tensor, list("kernel_size"), list("stride"), list("padding"), list("dilation"),
                                         call.named("ceil_mode").toBool());
    }
  };
  return pooled(call, kDimensions, returns_places, run);
}

template <std::int64_t kDimensions>
RuleOutputs adaptive_max_pool_rule(const NodeCall& call) {
  const std::vector<std::int64_t> size = call.named("output_size").toIntVector();
  return pooled(call, kDimensions, true, [&](const at::Tensor& tensor) {
    if constexpr (kDimensions == 1) return at::adaptive_max_pool1d(tensor, size);
    if constexpr (kDimensions == 2) return at::adaptive_max_pool2d(tensor, size);
    if constexpr (kDimensions == 3) return at::adaptive_max_pool3d(tensor, size);
  });
}

/// The extreme along one dimension, or of all numbers where `dimension` is none.
RuleOutputs extreme(const NodeCall& call, std::optional<std::int64_t> dimension, bool keeps, bool is_minimum,
                    bool returns_places) {
  const DualTensor argument = call.tensor(0);
  const c10::NoGradGuard no_grad;
  // The dimension goes last, and comes back in the results where it is kept.
  const auto last = [dimension](const at::Tensor& tensor) {
    return dimension ? tensor.movedim(*dimension, -1) : tensor.reshape({-1});
  };
  const at::Tensor x = last(plain(argument.x));
  const at::Tensor b = last(argument.b);
  const auto run = [&](const at::Tensor& tensor) { return is_minimum ? tensor.min(-1, true) : tensor.max(-1, true); };
  const auto [y, places] = run(x);
  const auto [y_b, places_b] = run(b);
  const Extremes extremes{y, y_b, places, places_b};
  const auto back = [=](const at::Tensor& tensor) {
    if (!dimension) return tensor.reshape({});
    return keeps ? tensor.movedim(-1, *dimension) : tensor.squeeze(-1);
  };
  const auto multiplier = [=, sizes = argument.x.sizes().vec()](const TensorList& g) {
    const at::Tensor kept = !dimension ? g.front().reshape({1})
                            : keeps    ? g.front().movedim(*dimension, -1)
                                       : g.front().unsqueeze(-1);
    const at::Tensor m = maximum_multiplier(kept, x, b, extremes, is_minimum);
    return TensorList{dimension ? m.movedim(-1, *dimension) : m.reshape(sizes)};
  };
  std::vector<DualTensor> outputs = {{on_tape({back(y).clone()}, {argument.x}, multiplier).front(), back(y_b)}};
  if (returns_places) outputs.push_back({back(places), back(places_b)});
  return outputs;
}

template <bool kIsMinimum>
RuleOutputs extreme_rule(const NodeCall& call) {
  if (call.tensor("other").x.defined()) return rule_of_two_arguments(call);
  const c10::IValue dimension = call.named("dim");
  if (dimension.isNone()) return extreme(call, std::nullopt, false, kIsMinimum, false);
  if (!dimension.isInt()) return std::nullopt;
  return extreme(call, dimension.toInt(), call.named("keepdim").toBool(), kIsMinimum,
                 call.node().outputs().size() == 2);
}

/// Over a list of dimensions; several are left to the fallback.
template <bool kIsMinimum>
RuleOutputs extreme_of_list_rule(const NodeCall& call) {
  const c10::IValue dimensions = call.named("dim");
  if (!dimensions.isIntList()) return std::nullopt;
  const std::vector<std::int64_t> list = dimensions.toIntVector();
  if (list.empty()) return extreme(call, std::nullopt, false, kIsMinimum, false);
  if (list.size() != 1) return std::nullopt;
  return extreme(call, list.front(), call.named("keepdim").toBool(), kIsMinimum, false);
}

}  // namespace

std::vector<NamedRule> pooling_rules() {
  return {{"max_pool1d", max_pool_rule<1>},
          {"max_pool2d", max_pool_rule<2>},
          {"max_pool3d", max_pool_rule<3>},
          {"max_pool1d_with_indices", max_pool_rule<1>},
          {"max_pool2d_with_indices", max_pool_rule<2>},
          {"max_pool3d_with_indices", max_pool_rule<3>},
          {"adaptive_max_pool1d", adaptive_max_pool_rule<1>},
          {"adaptive_max_pool2d", adaptive_max_pool_rule<2>},
          {"adaptive_max_pool3d", adaptive_max_pool_rule<3>},
          {"max", extreme_rule<false>},
          {"min", extreme_rule<true>},
          {"amax", extreme_of_list_rule<false>},
          {"amin", extreme_of_list_rule<true>}};
}

}  // namespace modattr
