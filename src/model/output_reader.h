#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Dict.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include "modattr/graph/output_selector.h"

namespace modattr {

/// Takes the one tensor of outputs from what forward() returned.
class OutputReader {
 public:
  /// `path`: of the model, for messages.
  OutputReader(std::string path, OutputSelector selector);

  /// Returns float64[rows, outputs] on the CPU; throws ModelError for another shape or type, ConfigError when the
  /// selector does not fit what forward() returns.
  at::Tensor read(const c10::IValue& result, std::int64_t row_count) const;

 private:
  at::Tensor select(const c10::IValue& result) const;
  c10::IValue select_key(const c10::Dict<c10::IValue, c10::IValue>& dictionary) const;

  std::string path_;
  OutputSelector selector_;
};

}  // namespace modattr
