#pragma once

#include <exception>
#include <string>

namespace modattr {

/// The one line of a libtorch exception that says what went wrong, without backtrace and TorchScript frames.
std::string one_line_reason(const std::exception& error);

}  // namespace modattr
