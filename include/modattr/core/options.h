#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace modattr {

/// What an option holds. monostate: nothing, as where an engine finds a value by itself.
using OptionValue = std::variant<std::monostate, bool, std::uint64_t, double, std::string>;

enum class OptionType {
  /// On or off.
  kFlag,
  /// A whole number from `least` to `most`, or one of `words`.
  kCount,
  /// A finite number above 0.
  kPositiveNumber,
  /// One of `words`.
  kWord,
  /// Any text.
  kText
};

/// An option of an engine: the same on a command line, in a configuration and in the documents.
struct OptionSchema {
  /// As a configuration writes it, e.g. "top_k".
  std::string name;
  OptionType type = OptionType::kFlag;
  /// One sentence that begins with a capital letter, with the default.
  std::string help = {};
  /// What stands for the value in a help text, e.g. "N"; empty for flags.
  std::string placeholder = {};
  std::vector<std::string> words = {};
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  OptionValue fallback = {};
  /// Names of options that cannot be given together with this one; one of the two has to say so.
  std::vector<std::string> excludes = {};
};

/// Options by name, each given or with its default.
class OptionValues {
 public:
  /// Every option has its default. Borrows the schema.
  explicit OptionValues(std::span<const OptionSchema> schema);

  std::span<const OptionSchema> schema() const noexcept { return schema_; }
  /// Throws ConfigError that names the option where the value is of another type, out of range or unknown, or where the
  /// option goes with none that was given before.
  void set(std::string_view name, OptionValue value);

  bool is_given(std::string_view name) const { return slot(name).is_given; }
  const OptionValue& value(std::string_view name) const { return slot(name).value; }
  /// Typed reads; nullopt where there is no value, or one of another type, such as a word in the place of a count.
  bool flag(std::string_view name) const;
  std::optional<std::uint64_t> count(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;

 private:
  struct Slot {
    OptionValue value;
    bool is_given = false;
  };
  /// Throws std::out_of_range for an option that the schema does not have: an error of the program.
  std::size_t place_of(std::string_view name) const;
  const Slot& slot(std::string_view name) const { return slots_[place_of(name)]; }

  std::span<const OptionSchema> schema_;
  std::vector<Slot> slots_;
};

/// Reads a value as a command line has it. Throws ConfigError "expected ..., got '...'" without the option's name.
OptionValue parse_option(const OptionSchema& schema, const std::string& text);

}  // namespace modattr
