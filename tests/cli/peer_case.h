#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {

/// A case of peer_cases.json.
inline Json peer_case(const std::string& id) {
  const Json cases = Json::parse(read_file(kFixtures / "peer_cases.json"));
  for (const Json& peer : cases) {
    if (peer.at("id") == id) return peer;
  }
  ADD_FAILURE() << "no case " << id;
  return {};
}

/// The numbers of nested lists, in row-major order.
template <typename Value>
std::vector<Value> flattened(const Json& data) {
  if (!data.is_array()) return {data.get<Value>()};
  std::vector<Value> values;
  for (const Json& part : data) {
    for (const Value value : flattened<Value>(part)) values.push_back(value);
  }
  return values;
}

/// A tensor of a case, as an array of a data file.
inline TestArray array_of(const Json& tensor, const std::string& name) {
  const auto shape = tensor.at("shape").get<std::vector<std::int64_t>>();
  const Json& data = tensor.at("data");
  if (tensor.at("dtype") == "bool") return TestArray::of<bool>(name, shape, flattened<bool>(data));
  if (tensor.at("dtype") == "int64") return TestArray::of<std::int64_t>(name, shape, flattened<std::int64_t>(data));
  return TestArray::of<float>(name, shape, flattened<float>(data));
}

inline TestArray input_of(const Json& peer, std::size_t input, const std::string& name) {
  return array_of(peer.at("inputs").at(input), name);
}

}  // namespace modattr
