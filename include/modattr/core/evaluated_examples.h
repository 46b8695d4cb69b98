#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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

/// What an engine keeps of each example between model evaluations and final scores: bytes of its own layout, by the
/// example's key (see Problem::example_key()). The examples of one run may be evaluated apart, by several machines or
/// one after the other, and merged in any order: what is known of an example stands at its key, so that the same
/// examples give the same bytes.
class EvaluatedExamples {
 public:
  explicit EvaluatedExamples(EvaluationHeader header) : header_(std::move(header)) {}

  const EvaluationHeader& header() const noexcept { return header_; }
  std::size_t count() const noexcept { return examples_.size(); }
  /// By key, ascending.
  const std::map<std::uint32_t, std::string>& examples() const noexcept { return examples_; }

  /// Adds an example. One that is known must have the same bytes: DataError, naming the key, where it has others.
  void add(std::uint32_t key, const std::string& bytes);
  /// Adds the examples of another part. DataError, leaving this part as it was, where the headers differ, or the parts
  /// have different bytes for an example.
  void merge(EvaluatedExamples other);

  /// All of it as bytes, with a checksum; the same for the same header and examples.
  std::string serialise() const;
  /// What serialise() wrote. DataError for anything else: bytes cut short or damaged, or of another version.
  static EvaluatedExamples parse(std::string_view bytes);

  friend bool operator==(const EvaluatedExamples&, const EvaluatedExamples&) = default;

 private:
  EvaluationHeader header_;
  std::map<std::uint32_t, std::string> examples_;
};

}  // namespace modattr
