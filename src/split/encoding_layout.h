#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "split/batch_axis/batch_axis_facts.h"

namespace modattr {

/// How a frontier value follows the rows of a batch.
enum class EncodingKind {
  /// Each row has its own: an encoding.
  kPerRow,
  /// Every batch gives the same: the split model keeps it.
  kSameForAll
};

/// How a frontier value is laid out. Encodings are kept as [rows, ...]; the fusion reads them as the encoder gave them.
struct EncodingLayout {
  EncodingKind kind = EncodingKind::kPerRow;
  /// Of kPerRow. `outer` or `inner` is more than 1 where each row has several entries in the dimension, as when frames
  /// are put through an encoder as rows; never both.
  BatchAxis axis = {};
  /// Dimensions by their strides, outermost first: a view in the fusion may rely on it.
  std::vector<std::int64_t> memory_order = {};
  /// The value when it is the same for all, else its first row, [1, ...].
  at::Tensor sample = {};
};

/// Learns the layout from the values of a batch of kFewestProbeRows rows and of the first half of them; nullopt when
/// there is none.
std::optional<EncodingLayout> learn_layout(const at::Tensor& all, const at::Tensor& some);

/// What an encoder gives, as [rows, ...].
at::Tensor rows_first(const at::Tensor& value, const EncodingLayout& layout);

/// The opposite: [rows, ...] as the encoder gave it, with the same memory order.
at::Tensor as_encoder_gave(const at::Tensor& rows, const EncodingLayout& layout);

}  // namespace modattr
