#include "call_spec.h"

#include <cstddef>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

struct SpecNode {
  bool is_leaf = false;
  /// Keys of a dictionary, by child; empty for other nodes.
  std::vector<std::string> keys;
  std::vector<SpecNode> children;
};

[[noreturn]] void throw_unreadable() {
  throw std::invalid_argument("expected a description of arguments and results in PyTorch's protocol 1");
}

/// Keys that a node's context holds, a JSON list of as many texts as there are children.
std::vector<std::string> keys_of(const Json& node, std::size_t child_count) {
  if (!node["context"].is_string()) return {};
  const Json context = Json::parse(node["context"].get<std::string>(), nullptr, false);
  if (!context.is_array() || context.size() != child_count) return {};
  std::vector<std::string> keys;
  for (const Json& key : context) {
    if (!key.is_string()) return {};
    keys.push_back(key.get<std::string>());
  }
  return keys;
}

SpecNode read_node(const Json& json, std::size_t depth) {
  constexpr std::size_t kMostDepth = 64;
  if (depth > kMostDepth || !json.is_object() || !json.contains("type") || !json.contains("context") ||
      !json.contains("children_spec") || !json["children_spec"].is_array()) {
    throw_unreadable();
  }
  SpecNode node;
  node.is_leaf = json["type"].is_null();
  for (const Json& child : json["children_spec"]) node.children.push_back(read_node(child, depth + 1));
  if (!node.is_leaf) node.keys = keys_of(json, node.children.size());
  return node;
}

SpecNode parsed(const std::string& spec) {
  const Json document = Json::parse(spec, nullptr, false);
  if (!document.is_array() || document.size() != 2 || document[0] != 1) throw_unreadable();
  return read_node(document[1], 0);
}

std::size_t leaf_count(const SpecNode& node) {
  if (node.is_leaf) return 1;
  std::size_t count = 0;
  for (const SpecNode& child : node.children) count += leaf_count(child);
  return count;
}

void add_names(const SpecNode& node, const std::string& name, std::vector<std::string>& names) {
  if (node.is_leaf) {
    names.push_back(name);
    return;
  }
  for (std::size_t child = 0; child < node.children.size(); ++child) {
    add_names(node.children[child], node.keys.empty() ? std::string() : node.keys[child], names);
  }
}

}  // namespace

std::vector<std::string> argument_names(const std::string& spec) {
  std::vector<std::string> names;
  add_names(parsed(spec), {}, names);
  return names;
}

c10::IValue arranged_result(const std::string& spec, const std::vector<at::Tensor>& tensors) {
  const SpecNode root = parsed(spec);
  if (leaf_count(root) != tensors.size()) throw std::invalid_argument("it returns something that is no tensor");
  if (root.is_leaf) return tensors.front();
  c10::Dict<std::string, at::Tensor> dictionary;
  std::vector<c10::IValue> items;
  std::size_t next = 0;
  for (std::size_t child = 0; child < root.children.size(); ++child) {
    const bool is_tensor = root.children[child].is_leaf;
    items.push_back(is_tensor ? c10::IValue(tensors[next]) : c10::IValue());
    if (is_tensor && !root.keys.empty()) dictionary.insert(root.keys[child], tensors[next]);
    next += leaf_count(root.children[child]);
  }
  if (!root.keys.empty()) return dictionary;
  return c10::ivalue::Tuple::create(std::move(items));
}

}  // namespace modattr
