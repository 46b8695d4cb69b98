#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "modattr/core/error.h"

namespace modattr {

/// A class or label that the model rules out has the logit -inf: its probability is exactly 0.
constexpr bool is_masked(double output) noexcept {
  return output == -std::numeric_limits<double>::infinity();
}

/// What is asked of an output is not finite, as the class that it is about is ruled out.
class MaskedLogitError : public ModelError {
 public:
  using ModelError::ModelError;
};

/// Throws MaskedLogitError: `what` ("value 'logit'") reads the masked logit of `label`; `instead` can be used.
[[noreturn]] void throw_masked(std::size_t label, std::string_view what, std::string_view instead);

}  // namespace modattr
