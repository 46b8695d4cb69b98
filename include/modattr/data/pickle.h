#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace modattr {

/// One value of a pickle, as data: a call is described, never made.
struct PickleValue {
  enum class Kind {
    kNone,
    kBoolean,
    kInteger,
    kReal,
    kText,
    kBytes,
    kGlobal,
    kTuple,
    kList,
    kDictionary,
    kCall,
    kPersistentId,
  };

  Kind kind = Kind::kNone;
  /// kBoolean (0 or 1), kInteger.
  std::int64_t integer = 0;
  /// kText, and `module.name` of kGlobal.
  std::string text;
  /// Numbers of other values: the elements of kTuple and kList; key, value, key, value, ... of kDictionary; the
  /// function and its arguments of kCall; the identifier of kPersistentId.
  std::vector<std::uint32_t> items;
};

/// The values of a pickle; they refer to each other by number, so that no depth of nesting and no cycle does harm.
class Pickle {
 public:
  Pickle(std::vector<PickleValue> values, std::uint32_t root);

  const PickleValue& root() const noexcept { return values_[root_]; }
  /// The value with a number from PickleValue::items.
  const PickleValue& operator[](std::uint32_t number) const noexcept { return values_[number]; }
  /// Whether `value` calls the function `module.name`.
  bool is_call_of(const PickleValue& value, std::string_view function) const noexcept;
  /// `an integer`, `a list`, `a call of module.name`, ..., for messages.
  std::string describe(const PickleValue& value) const;

 private:
  std::vector<PickleValue> values_;
  std::uint32_t root_;
};

}  // namespace modattr
