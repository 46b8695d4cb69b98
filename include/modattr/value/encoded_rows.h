#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "modattr/value/encodings/encoding_cache.h"
#include "modattr/value/mixes/mix_table.h"
#include "modattr/value/mixes/synthetic_rows.h"

namespace modattr {

class ModelEvaluator;

/// Synthetic rows that an evaluator has made ready for its calls: their encodings, where the model is split, and the
/// known outputs of mixes of them. ModelEvaluator::encode() makes them and every call that needs them is given them, so
/// games that are alive at once do not meet. They go with the split that they were encoded for: once the model is split
/// again, or runs whole, or the examples change, calls with them throw std::logic_error, and the rows must be encoded
/// anew.
class EncodedRows {
 public:
  EncodedRows(EncodedRows&&) = default;
  EncodedRows& operator=(EncodedRows&&) = default;

 private:
  friend class ModelEvaluator;
  EncodedRows(const ModelEvaluator& evaluator, std::uint64_t split_number, const SyntheticRows& rows)
      : evaluator_(&evaluator), split_number_(split_number), rows_(&rows) {}

  const ModelEvaluator* evaluator_;
  std::uint64_t split_number_;
  const SyntheticRows* rows_;
  /// Synthetic rows of each modality, [modalities].
  std::vector<std::size_t> counts_;
  SyntheticEncodings encodings_;
  /// nullptr until mixes are evaluated.
  std::unique_ptr<MixTable> mix_table_;
};

}  // namespace modattr
