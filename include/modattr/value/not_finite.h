#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/data/dataset.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/mixes/mixed_rows.h"

namespace modattr {

/// The model's output for a row is not finite.
class NotFiniteError : public ModelError {
 public:
  NotFiniteError(const std::string& message, std::vector<std::size_t> removed)
      : ModelError(message), removed_(std::move(removed)) {}

  /// Modalities of which the row has synthetic data, ascending.
  const std::vector<std::size_t>& removed() const noexcept { return removed_; }

 private:
  std::vector<std::size_t> removed_;
};

/// Rows of calls of a model, for messages.
struct CallContext {
  const std::string& model_path;
  const Dataset& dataset;
  const InputLayout& layout;
};

/// For messages: "model.pt: output for example 3 with text of example 5", where the row has other data than its own.
std::string output_of(const CallContext& context, const MixedRows& rows, std::size_t row);

/// An input of an example that is not finite itself.
struct NotFiniteInput {
  std::uint32_t example = 0;
  std::size_t input = 0;
};

/// The first one of a set; nullopt where all are finite.
std::optional<NotFiniteInput> find_not_finite(const Dataset& dataset);

/// Throws the NotFiniteError of a row: it names the example, whose data it has instead of its own, and the input that
/// is not finite itself, where there is one.
[[noreturn]] void throw_not_finite(const CallContext& context, const MixedRows& rows, std::size_t row,
                                   std::span<const double> output);

}  // namespace modattr
