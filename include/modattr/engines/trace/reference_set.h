#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/rng.h"
#include "modattr/core/tracing/case_game.h"

namespace modattr {

/// The model's answer to an example.
struct ExampleOutcome {
  bool is_right = false;
  double probability = 0.0;
  std::optional<std::size_t> predicted = std::nullopt;
};

/// Part of the set that is used: to measure verdicts, one half calibrates and the other is tested.
enum class ReferencePart { kAll, kFirstHalf };

/// The examples in an order that depends on their ids alone, which of them are answered right, and which have the same
/// source: the same picture, sound or row of numbers.
class ReferenceSet {
 public:
  /// Asks the model for its answers. `donor_count`: the most donors.
  ReferenceSet(CaseGame& game, const Rng& rng, std::size_t donor_count, ReferencePart part);

  const std::vector<ExampleOutcome>& outcomes() const noexcept { return outcomes_; }
  /// Right answers that stand for normal data, in that order.
  const std::vector<std::uint32_t>& right() const noexcept { return right_; }
  /// Right answers of the half that is tested; empty where there is none.
  const std::vector<std::uint32_t>& tested() const noexcept { return tested_; }
  /// Wrong answers that show what errors of the model look like.
  const std::vector<std::uint32_t>& wrong() const noexcept { return wrong_; }
  /// Wrong answers of the half that is tested.
  const std::vector<std::uint32_t>& tested_wrong() const noexcept { return tested_wrong_; }
  /// The first right answers.
  std::span<const std::uint32_t> donors() const {
    return std::span(right_).first(std::min(donor_count_, right_.size()));
  }

  /// Whether data of the two examples came from one source.
  bool same_source(std::uint32_t first, std::uint32_t second) const;
  /// Examples with the source of any of `examples`, each at least once.
  std::vector<std::uint32_t> with_sources_of(std::span<const std::uint32_t> examples) const;

 private:
  /// Examples by their data in a modality that tells sources apart.
  struct SourceIndex {
    std::size_t modality = 0;
    /// [contents]
    std::vector<std::vector<std::uint32_t>> examples;
  };

  void index_sources();
  void split_in_halves(const Rng& rng);

  CaseGame& game_;
  std::size_t donor_count_;
  std::vector<ExampleOutcome> outcomes_;
  std::vector<SourceIndex> sources_;
  std::vector<std::uint32_t> right_;
  std::vector<std::uint32_t> tested_;
  std::vector<std::uint32_t> wrong_;
  std::vector<std::uint32_t> tested_wrong_;
};

}  // namespace modattr
