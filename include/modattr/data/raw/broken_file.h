#pragma once

#include "modattr/core/error.h"

namespace modattr {

/// A file that a manifest names and that is not there or cannot be decoded; its example can be left out.
class BrokenFileError : public DataError {
 public:
  using DataError::DataError;
};

}  // namespace modattr
