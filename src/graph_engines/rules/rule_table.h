#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "node_call.h"

namespace modattr {

/// A closed form for an operation: its outputs on both sides, on the tape; nullopt where these arguments have none.
using RuleOutputs = std::optional<std::vector<DualTensor>>;
using Rule = RuleOutputs (*)(const NodeCall& call);

/// A rule by the functional name of an operation, e.g. "relu".
struct NamedRule {
  std::string_view name;
  Rule rule;
};

/// Of any function of two tensors element by element: the Shapley value of its two arguments.
RuleOutputs rule_of_two_arguments(const NodeCall& call);

// The rules, by what they are about.
std::vector<NamedRule> activation_rules();
std::vector<NamedRule> product_rules();
std::vector<NamedRule> softmax_rules();
std::vector<NamedRule> norm_rules();
std::vector<NamedRule> pooling_rules();
std::vector<NamedRule> recurrent_rules();
std::vector<NamedRule> attention_rules();

/// The closed form of an operation of that functional name; nullptr where there is none.
Rule find_rule(std::string_view name);

/// Whether an operation is linear in the data that varies, so that its derivative is its multiplier. `varying`: places
/// of its arguments on the tape; lists count as one.
bool is_linear(std::string_view name, const std::vector<std::size_t>& varying);

}  // namespace modattr
