#pragma once

#include <stdexcept>
#include <string>

namespace modattr {

/// Base of every failure that modattr reports; what() is one line: `<where>: expected <what>, got <what>[; <what to
/// do>]`.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Wrong usage or configuration (exit code 2).
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// A file of arrays or metadata that cannot be used (exit code 3).
class DataError : public Error {
 public:
  using Error::Error;
};

/// A model that cannot be loaded or run (exit code 3).
class ModelError : public Error {
 public:
  using Error::Error;
};

/// Results that cannot be written (exit code 3).
class OutputError : public Error {
 public:
  using Error::Error;
};

/// The user interrupted the run (exit code 3).
class Interrupted : public Error {
 public:
  using Error::Error;
};

}  // namespace modattr
