#include "modattr/data/pickle.h"

#include <utility>

#include "modattr/data/messages.h"

namespace modattr {

Pickle::Pickle(std::vector<PickleValue> values, std::uint32_t root) : values_(std::move(values)), root_(root) {}

bool Pickle::is_call_of(const PickleValue& value, std::string_view function) const noexcept {
  if (value.kind != PickleValue::Kind::kCall) return false;
  const PickleValue& callee = values_[value.items[0]];
  return callee.kind == PickleValue::Kind::kGlobal && callee.text == function;
}

std::string Pickle::describe(const PickleValue& value) const {
  switch (value.kind) {
    case PickleValue::Kind::kNone:
      return "None";
    case PickleValue::Kind::kBoolean:
      return "a boolean";
    case PickleValue::Kind::kInteger:
      return "an integer";
    case PickleValue::Kind::kReal:
      return "a floating-point number";
    case PickleValue::Kind::kText:
      return "a text";
    case PickleValue::Kind::kBytes:
      return "bytes";
    case PickleValue::Kind::kGlobal:
      return quoted_text(value.text);
    case PickleValue::Kind::kTuple:
      return "a tuple";
    case PickleValue::Kind::kList:
      return "a list";
    case PickleValue::Kind::kDictionary:
      return "a dictionary";
    case PickleValue::Kind::kPersistentId:
      return "a storage";
    case PickleValue::Kind::kCall: {
      const PickleValue& callee = values_[value.items[0]];
      return callee.kind == PickleValue::Kind::kGlobal ? "an object made by " + quoted_text(callee.text) : "an object";
    }
  }
  return "an unknown value";
}

}  // namespace modattr
