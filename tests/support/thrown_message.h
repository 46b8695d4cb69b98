#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace modattr {

/// The message of the error of this kind that `action` throws; a text that says so when it throws none.
template <typename Kind, typename Action>
std::string thrown_message(Action action) {
  try {
    static_cast<void>(action());
  } catch (const Kind& error) {
    return error.what();
  }
  return "nothing was thrown";
}

/// Whether a message is one line and has all these parts.
inline ::testing::AssertionResult mentions(const std::string& message, std::initializer_list<std::string_view> parts) {
  if (message.find('\n') != std::string::npos) return ::testing::AssertionFailure() << "several lines: " << message;
  for (const std::string_view part : parts) {
    if (message.find(part) == std::string::npos) {
      return ::testing::AssertionFailure() << "no '" << part << "' in: " << message;
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace modattr
