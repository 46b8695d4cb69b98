#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/players.h"

namespace modattr {

/// Columns first ... end-1 of a tensor's second dimension.
struct ColumnRange {
  std::int64_t first = 0;
  std::int64_t end = 0;
};

/// An input of the model, or some of its columns: "x", "x[0:216]", "x[0,3,5:9]".
struct InputReference {
  std::string input;
  /// Empty = the whole tensor.
  std::vector<ColumnRange> columns;
};

/// Reads an input reference; nullopt when the text has another form or an empty range.
std::optional<InputReference> parse_input_reference(std::string_view text);

/// The part of an input that belongs to a modality.
struct InputPart {
  std::size_t modality = 0;
  /// Empty = the whole tensor.
  std::vector<ColumnRange> columns;
};

/// A tensor that goes into the model and whose parts they are. Columns that no part names stay the example's own.
struct LayoutInput {
  std::string name;
  std::vector<InputPart> parts;
};

/// How modalities lie in the model's inputs.
struct InputLayout {
  Players modalities;
  std::vector<LayoutInput> inputs;

  std::vector<std::string> input_names() const;
};

/// A modality by name and the inputs it is made of.
struct ModalityInputs {
  std::string name;
  std::vector<InputReference> inputs;
};

/// Throws ConfigError when parts overlap or a modality names an input twice.
InputLayout make_input_layout(std::span<const ModalityInputs> modalities);

}  // namespace modattr
