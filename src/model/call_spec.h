#pragma once

#include <string>
#include <vector>

#include <ATen/core/ivalue.h>

namespace modattr {

/// How the arguments or results of an exported program are made of tensors: a tree of tuples, lists and dictionaries,
/// as torch.utils._pytree writes it (protocol 1). All functions throw std::invalid_argument for a text that is no such
/// tree.

/// Names of the tensors that a program takes, in its order: the keys of dictionaries, of which the keyword arguments
/// are one. Empty for those that have no name.
std::vector<std::string> argument_names(const std::string& spec);

/// The result of a program, made of its tensors: a tensor, a tuple or a dictionary of tensors. Entries that are no
/// tensors themselves are left out of a dictionary and None in a tuple.
c10::IValue arranged_result(const std::string& spec, const std::vector<at::Tensor>& tensors);

}  // namespace modattr
