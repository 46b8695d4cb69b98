#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Dict.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include "modattr/graph/output_selector.h"
#include "modattr/model/model.h"

namespace modattr {

/// Every tensor of what forward() returned, with its index or key, on the CPU.
std::vector<ModelOutput> tensors_of(const c10::IValue& result);

/// Takes the one tensor of outputs from what forward() returned.
class OutputReader {
 public:
  /// `path`: of the model, for messages.
  OutputReader(std::string path, OutputSelector selector);

  /// Returns float64[rows, outputs] on the CPU; throws ModelError for another shape or type, ConfigError when the
  /// selector does not fit what forward() returns.
  at::Tensor read(const c10::IValue& result, std::int64_t row_count) const;

  /// Throws ConfigError where the selector names a part of a result that is one tensor. A split model gives the part
  /// alone, and is not to be asked.
  void check_selector(const c10::IValue& result) const;

 private:
  at::Tensor select(const c10::IValue& result) const;
  /// What can be done about a part that is no tensor; begins with "; ".
  std::string advice(const c10::IValue& result) const;
  c10::IValue select_key(const c10::Dict<c10::IValue, c10::IValue>& dictionary) const;

  std::string path_;
  OutputSelector selector_;
};

}  // namespace modattr
