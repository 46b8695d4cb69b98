#include "split_proof.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include <ATen/Functions.h>

#include "modattr/core/error.h"
#include "probe_rows.h"
#include "row_independence.h"

namespace modattr {
namespace {

using Tensors = std::vector<at::Tensor>;

/// All rows of a probe batch in an order that differs from modality to modality, and from the batch's own.
at::Tensor shuffled_rows(std::int64_t row_count, std::size_t modality) {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < row_count; ++row) {
    rows.push_back((row_count - 1 - row + static_cast<std::int64_t>(modality)) % row_count);
  }
  return at::tensor(rows, at::kLong);
}

/// What the encoder gives for all rows, `part_rows` of them at a time.
Tensors encode_parts(const RowFunction& encode, const Tensors& inputs, std::int64_t part_rows) {
  std::vector<Tensors> pieces_of_outputs;
  for (std::int64_t first = 0; first < inputs.front().size(0); first += part_rows) {
    Tensors encoded = encode(rows_from(inputs, first, part_rows));
    pieces_of_outputs.resize(encoded.size());
    for (std::size_t output = 0; output < encoded.size(); ++output) {
      pieces_of_outputs[output].push_back(std::move(encoded[output]));
    }
  }
  Tensors result;
  for (const Tensors& pieces : pieces_of_outputs) {
    // Rows of different shapes cannot be kept in one tensor.
    for (const at::Tensor& piece : pieces) {
      if (piece.sizes().slice(1) != pieces.front().sizes().slice(1)) {
        throw ModelError("the shape of an encoder's output depends on the rows of its batch");
      }
    }
    result.push_back(at::cat(pieces, 0));
  }
  return result;
}

}  // namespace

void prove_split(const TorchSplitModel& split, const WholeModel& whole, std::span<const ModelInput> inputs,
                 const ProofRows& rows) {
  // Few numbers of rows, as kernels are made anew for each.
  constexpr std::int64_t kFewRows = kFewestProbeRows / 2;
  constexpr std::int64_t kMoreRows = kFewestProbeRows;
  const std::int64_t row_count = rows.probe.front().size(0);
  Tensors mixed = rows.probe;
  Tensors encodings;
  for (std::size_t modality = 0; modality < split.graphs().encoders.size(); ++modality) {
    const Tensors own = inputs_of(inputs, rows.probe, modality);
    if (own.empty()) continue;
    const at::Tensor order = shuffled_rows(row_count, modality);
    for (std::size_t input = 0; input < inputs.size(); ++input) {
      if (inputs[input].modality == modality) mixed[input] = rows.probe[input].index_select(0, order);
    }
    if (split.encoding_count(modality) == 0) continue;
    const RowFunction encode = [&](std::span<const at::Tensor> tensors) {
      return split.encode_with_flags(modality, tensors);
    };
    // Among other rows, in other places, in batches of another size.
    const Tensors encoded = encode_parts(encode, own, kFewRows);
    Tensors gathered;
    for (const at::Tensor& output : encoded) gathered.push_back(output.index_select(0, order.to(output.device())));
    encodings.insert(encodings.end(), gathered.begin(),
                     gathered.begin() + static_cast<std::ptrdiff_t>(split.encoding_count(modality)));
    if (split.is_row_by_row(modality)) continue;
    const Tensors encoded_in_order = encode_parts(encode, select_rows(own, order), kMoreRows);
    for (std::size_t output = 0; output < gathered.size(); ++output) {
      if (!nearly_equal(gathered[output], encoded_in_order[output])) {
        throw ModelError("an encoder's output for a row depends on the other rows of its batch");
      }
    }
    prove_batch_independence(encode, {rows_from(own, 0, kFewRows), rows_from(encoded, 0, kFewRows)},
                             inputs_of(inputs, rows.data, modality), split.device());
  }
  Tensors raw;
  for (const std::size_t input : split.raw_inputs()) raw.push_back(mixed[input]);
  // All at once: another number of rows than those that shapes were specialised for.
  if (!nearly_equal(split.fuse(encodings, raw), whole(mixed))) {
    throw ModelError("its parts do not answer like the whole");
  }
}

}  // namespace modattr
