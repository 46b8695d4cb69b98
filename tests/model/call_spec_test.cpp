#include "model/call_spec.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <gtest/gtest.h>

namespace modattr {
namespace {

using Words = std::vector<std::string>;

const std::string kLeaf = R"({"type": null, "context": null, "children_spec": []})";

std::string node(const std::string& type, const std::string& context, const Words& children) {
  std::string text;
  for (const std::string& child : children) text += (text.empty() ? "" : ", ") + child;
  return R"({"type": ")" + type + R"(", "context": ")" + context + R"(", "children_spec": [)" + text + "]}";
}

std::string dictionary(const std::string& keys, const Words& children) {
  return node("builtins.dict", keys, children);
}

std::string spec(const std::string& root) {
  return "[1, " + root + "]";
}

std::string call(const std::string& arguments, const std::string& keywords) {
  return spec(node("builtins.tuple", "null", {arguments, keywords}));
}

const std::string kNothing = node("builtins.tuple", "null", {});
const std::string kNoKeywords = dictionary("[]", {});

// As torch.export 2.14 wrote them.
TEST(CallSpec, NamesArgumentsByTheirKeys) {
  EXPECT_EQ(argument_names(call(node("builtins.tuple", "null", {kLeaf, kLeaf}), kNoKeywords)), (Words{"", ""}));
  const std::string keywords = dictionary(R"([\"table\", \"text\"])", {kLeaf, kLeaf});
  EXPECT_EQ(argument_names(call(kNothing, keywords)), (Words{"table", "text"}));
  EXPECT_EQ(argument_names(call(node("builtins.tuple", "null", {keywords}), kNoKeywords)), (Words{"table", "text"}));
  EXPECT_EQ(argument_names(call(node("builtins.tuple", "null", {kLeaf}), dictionary(R"([\"x\"])", {kLeaf}))),
            (Words{"", "x"}));
}

TEST(CallSpec, KnowsNoNamesInsideOfLists) {
  const std::string list = node("builtins.list", "null", {kLeaf, kLeaf});
  EXPECT_EQ(argument_names(call(kNothing, dictionary(R"([\"pair\", \"y\"])", {list, kLeaf}))), (Words{"", "", "y"}));
  EXPECT_EQ(argument_names(call(kNothing, dictionary("[0, 1]", {kLeaf, kLeaf}))), (Words{"", ""}));
}

TEST(CallSpec, MakesResultsOfTensors) {
  const at::Tensor a = at::zeros({2});
  const at::Tensor b = at::ones({3});
  EXPECT_TRUE(arranged_result(spec(kLeaf), {a}).toTensor().is_same(a));
  const c10::IValue tuple = arranged_result(spec(node("builtins.tuple", "null", {kLeaf, kLeaf})), {a, b});
  ASSERT_TRUE(tuple.isTuple());
  EXPECT_TRUE(tuple.toTupleRef().elements()[1].toTensor().is_same(b));
  const c10::IValue keyed = arranged_result(spec(dictionary(R"([\"logits\", \"other\"])", {kLeaf, kLeaf})), {a, b});
  ASSERT_TRUE(keyed.isGenericDict());
  EXPECT_TRUE(keyed.toGenericDict().at("logits").toTensor().is_same(a));
  EXPECT_TRUE(keyed.toGenericDict().at("other").toTensor().is_same(b));
}

TEST(CallSpec, PassesOverNestedResults) {
  const at::Tensor a = at::zeros({2});
  const at::Tensor b = at::ones({3});
  const at::Tensor c = at::ones({4});
  const std::string pair = node("builtins.list", "null", {kLeaf, kLeaf});
  const c10::IValue tuple = arranged_result(spec(node("builtins.tuple", "null", {pair, kLeaf})), {a, b, c});
  EXPECT_TRUE(tuple.toTupleRef().elements()[0].isNone());
  EXPECT_TRUE(tuple.toTupleRef().elements()[1].toTensor().is_same(c));
  const c10::IValue keyed = arranged_result(spec(dictionary(R"([\"pair\", \"x\"])", {pair, kLeaf})), {a, b, c});
  EXPECT_EQ(keyed.toGenericDict().size(), 1U);
  EXPECT_TRUE(keyed.toGenericDict().at("x").toTensor().is_same(c));
}

TEST(CallSpec, RefusesOtherTexts) {
  for (const std::string& text : Words{"", "[1]", "[2, " + kLeaf + "]", "[1, {}]", "{\"type\": null}", "[1, 3]"}) {
    EXPECT_THROW(argument_names(text), std::invalid_argument) << text;
  }
  EXPECT_THROW(arranged_result(spec(kLeaf), {}), std::invalid_argument);
  std::string deep = kLeaf;
  for (int depth = 0; depth < 1000; ++depth) deep = node("builtins.list", "null", {deep});
  EXPECT_THROW(argument_names(spec(deep)), std::invalid_argument);
}

}  // namespace
}  // namespace modattr
