#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <torch/csrc/jit/ir/ir.h>

namespace modattr {

bool is_tensor(const torch::jit::Value& value);
bool is_none(const torch::jit::Value& value);

/// The operation without its namespace and, when it writes to its first input, without the mark for that.
std::string_view plain_name(const torch::jit::Node& node);

/// An argument by its name; nullptr when the operation has none.
const torch::jit::Value* argument(const torch::jit::Node& node, const char* name);
/// A constant flag by its name; nullopt when there is none.
std::optional<bool> flag(const torch::jit::Node& node, const char* name);

/// A constant integer, or a list of them; nullopt when it is none.
std::optional<std::vector<std::int64_t>> integers(const torch::jit::Value* value);
/// Constant dimensions counted from 0; nullopt when one is outside of a tensor of that rank.
std::optional<std::vector<std::size_t>> dimensions_from(const torch::jit::Value* value, std::size_t rank);
/// The same of a single one.
std::optional<std::size_t> dimension_from(const torch::jit::Value* value, std::size_t rank);

}  // namespace modattr
