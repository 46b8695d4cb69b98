#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace modattr {

/// What evaluations of different examples must have in common to be merged, and to be summarised: the engine, the
/// layout of its bytes, and the options that decide what the model was asked.
struct EvaluationHeader {
  /// An option or other fact, with its value as text.
  struct Field {
    std::string name;
    std::string value;

    friend bool operator==(const Field&, const Field&) = default;
  };

  /// Attributor::name().
  std::string engine;
  /// Number of the layout of an example's bytes; grows when an engine changes it.
  std::uint64_t layout = 1;
  std::vector<Field> fields = {};
  /// What all examples share, as the engine writes it, such as the coalitions that all of them were asked.
  std::string shared = {};

  /// Adds a field; nullopt reads "none".
  void add_text(std::string name, const std::optional<std::string>& text);
  void add_count(std::string name, std::optional<std::uint64_t> count);
  /// As many digits as tell doubles apart.
  void add_number(std::string name, std::optional<double> number);
  void add_counts(std::string name, std::span<const std::size_t> counts);

  /// What differs, as "expected <this>, got <other>"; nullopt where nothing does.
  std::optional<std::string> difference(const EvaluationHeader& other) const;

  friend bool operator==(const EvaluationHeader&, const EvaluationHeader&) = default;
};

}  // namespace modattr
