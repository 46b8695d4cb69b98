#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/progress.h"
#include "modattr/core/rng.h"
#include "modattr/core/tracing/answer_judge.h"
#include "modattr/core/tracing/example_identity.h"
#include "modattr/core/tracing/fault.h"

namespace modattr {

/// Rows of numbers, [rows, width].
struct FloatRows {
  std::size_t width = 0;
  std::vector<float> values;

  std::size_t count() const noexcept { return width == 0 ? 0 : values.size() / width; }
  std::span<const float> row(std::size_t row) const { return std::span(values).subspan(row * width, width); }
};

/// A model on a set, as tracing of errors sees it: answers to mixes of rows, and what is known of the rows themselves.
/// A row is an example's data of a modality, or a faulty copy of it.
class CaseGame {
 public:
  virtual ~CaseGame() = default;
  virtual std::size_t example_count() const noexcept = 0;
  virtual std::size_t modality_count() const noexcept = 0;
  /// Kind of a modality: "image", "tokens", ...
  virtual const std::string& kind(std::size_t modality) const = 0;
  virtual const AnswerJudge& judge() const noexcept = 0;
  /// A number that follows from the example's id, whatever its place in the set.
  virtual std::uint64_t identity(std::size_t example) const = 0;
  /// Number of the data that an example has in a modality; equal data have equal numbers, from 0 on.
  virtual std::uint32_t content(std::size_t modality, std::size_t example) const = 0;
  /// Different data in a modality.
  virtual std::size_t content_count(std::size_t modality) const = 0;

  /// Why the modality cannot have the fault; empty where it can.
  virtual std::string why_not(std::size_t modality, const Fault& fault) const = 0;
  /// Makes a faulty copy of an example's data, and returns its row; no swap, which is another example's row.
  virtual std::uint32_t add_faulty_row(std::size_t modality, std::uint32_t example, const Fault& fault,
                                       const RandomStream& stream) = 0;
  virtual void clear_faulty_rows() = 0;

  /// Mixes that are answered together.
  struct Queries {
    /// What each is about: its label, and columns that belong to no modality. [queries]
    std::span<const std::uint32_t> examples;
    /// [modalities] of [queries]
    std::span<const std::span<const std::uint32_t>> rows;
  };
  /// Receives the model's output; called from many threads, once per query.
  using Receiver = std::function<void(std::size_t query, std::span<const double> output)>;
  virtual void answer(const Queries& queries, const Receiver& receive) = 0;

  /// Numbers that describe rows of a modality without the model: summary statistics of pictures and sounds, the
  /// numbers themselves of columns. Width 0 for tokens.
  virtual FloatRows statistics(std::size_t modality, std::span<const std::uint32_t> rows) = 0;
  /// What the modality's encoder makes of rows; width 0 where the model runs whole or has no such encoder.
  virtual FloatRows encodings(std::size_t modality, std::span<const std::uint32_t> rows) = 0;
  /// Tokens of rows, without padding and special ids; empty lists for other kinds of modality.
  virtual std::vector<std::vector<std::int64_t>> tokens(std::size_t modality, std::span<const std::uint32_t> rows) = 0;

  virtual Progress& progress() noexcept = 0;
  virtual std::size_t thread_count() const noexcept = 0;
};

}  // namespace modattr
