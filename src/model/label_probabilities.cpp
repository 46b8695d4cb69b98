#include "label_probabilities.h"

#include <algorithm>
#include <cctype>
#include <variant>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/graph/torch_errors.h"

namespace modattr {
namespace {

bool is_identifier(const std::string& name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::ranges::all_of(name, [](unsigned char letter) { return std::isalnum(letter) != 0 || letter == '_'; });
}

/// Arguments of the new forward() and of the call of the old one.
struct Arguments {
  std::string declared;
  std::string passed;
  /// How the new one reads the label ids.
  std::string label;
};

Arguments arguments_of(const torch::jit::Module& model, const std::string& label_argument, const std::string& path) {
  const auto& schema = model.get_method("forward").function().getSchema();
  if (schema.arguments().size() == 2 && schema.arguments()[1].type()->kind() == c10::TypeKind::DictType) {
    const std::string& name = schema.arguments()[1].name();
    return {name + ": Dict[str, Tensor]", name, name + "[\"" + label_argument + "\"]"};
  }
  Arguments arguments;
  std::string optional;
  for (std::size_t index = 1; index < schema.arguments().size(); ++index) {
    const c10::Argument& argument = schema.arguments()[index];
    if (argument.name() == label_argument) {
      throw ConfigError("data.label: expected a name that is no argument of forward() of " + path + ", got '" +
                        label_argument + "'");
    }
    // Only tensors come from a data file; the rest keeps its default.
    if (!argument.type()->isSubtypeOf(*c10::OptionalType::ofTensor())) continue;
    const bool has_default = argument.default_value().has_value();
    (has_default ? optional : arguments.declared) +=
        argument.name() + (has_default ? ": Optional[Tensor] = None, " : ", ");
    arguments.passed += (arguments.passed.empty() ? "" : ", ") + argument.name() + "=" + argument.name();
  }
  arguments.declared += label_argument + (optional.empty() ? "" : ", " + optional.substr(0, optional.size() - 2));
  arguments.label = label_argument;
  return arguments;
}

/// The part of the result that the logits are.
std::string selection(const torch::jit::Module& model, const OutputSelector& output, const std::string& path) {
  const c10::TypePtr type = model.get_method("forward").function().getSchema().returns().front().type();
  const auto* index = std::get_if<std::size_t>(&output);
  if (type->kind() == c10::TypeKind::TensorType && index != nullptr && *index == 0) return "";
  if (type->kind() == c10::TypeKind::DictType && index == nullptr) return "[\"" + std::get<std::string>(output) + "\"]";
  const bool has_index =
      index != nullptr &&
      (type->kind() == c10::TypeKind::ListType ||
       (type->kind() == c10::TypeKind::TupleType && *index < type->expectRef<c10::TupleType>().elements().size()));
  if (has_index) return '[' + std::to_string(*index) + ']';
  throw ConfigError("model.output: expected the part of what " + path + " returns that its logits are, " +
                    type->repr_str() + ", got " +
                    (index ? std::to_string(*index) : "'" + std::get<std::string>(output) + "'"));
}

}  // namespace

torch::jit::Module with_label_probabilities(const torch::jit::Module& model, const OutputSelector& output,
                                            const std::string& label_argument, const std::string& path) {
  if (!is_identifier(label_argument)) {
    throw ConfigError("data.label: expected a name of letters, digits and underscores, got '" + label_argument + "'");
  }
  const Arguments arguments = arguments_of(model, label_argument, path);
  torch::jit::Module module("label_probabilities");
  module.register_module("model", model);
  try {
    // A row of zeros before the first position makes position t the one that predicts token t; narrow() fails where
    // there are more labels than positions.
    module.define("def forward(self, " + arguments.declared + "):\n" + "  logits = self.model.forward(" +
                  arguments.passed + ")" + selection(model, output, path) + "\n" + "  ids = " + arguments.label + "\n" +
                  "  count = ids.size(1)\n" + "  first = logits.size(1) - count\n" +
                  "  before = torch.constant_pad_nd(logits.float(), [0, 0, 1, 0], 0.0).narrow(1, first, count)\n" +
                  "  is_label = ids.ne(-100).logical_and((torch.arange(count, device=ids.device) + first).gt(0))\n" +
                  "  tokens = ids.masked_fill(ids.eq(-100), 0).unsqueeze(2)\n" +
                  "  logarithms = before.log_softmax(2).gather(2, tokens).squeeze(2)\n" +
                  "  nothing = is_label.any(1, True).logical_not()\n" +
                  "  return logarithms.masked_fill(is_label.logical_not(), 1.0).masked_fill(nothing, float('nan'))\n");
  } catch (const ConfigError&) {
    throw;
  } catch (const std::exception& error) {
    throw ModelError(path + ": expected logits [rows, positions, vocabulary] of a causal language model, got: " +
                     one_line_reason(error));
  }
  return module;
}

}  // namespace modattr
