#include "modattr/graph/torch_errors.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <vector>

#include <c10/util/Exception.h>

#include "modattr/core/option_name.h"

namespace modattr {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Frames, source excerpts and markers that TorchScript puts around the reason.
bool is_context(std::string_view line) {
  return line.empty() || line.starts_with("File \"") || line.starts_with("Traceback of TorchScript") ||
         line.starts_with("The following operation failed") || line.starts_with("Exception raised from") ||
         line.starts_with("frame #") || line.find("<--- HERE") != std::string_view::npos ||
         line.find_first_not_of("~ ") == std::string_view::npos || line.starts_with("...");
}

}  // namespace

std::string one_line_reason(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  std::string first;
  std::string raised;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string_view content = trimmed(line);
    if (is_context(content)) continue;
    if (first.empty()) first = content;
    // "RuntimeError: The size of tensor a ..." closes an interpreter trace.
    const auto colon = content.find("Error: ");
    if (colon != std::string_view::npos && content.find(' ') > colon) raised = content;
  }
  std::string reason = raised.empty() ? first : raised;
  if (reason.empty()) reason = "an error without a message";
  // "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; ...", from 2.0 on "... 2.00 GiB. GPU 0 has a total ..."
  if (const auto place = reason.find("CUDA out of memory"); place != std::string::npos) {
    reason.erase(std::min({reason.find(" (", place), reason.find(". GPU ", place), reason.size()}));
    reason += "; try a smaller model.rows_per_call or " + option("cache_mb") + ", or " + option("device") + " cpu";
  }
  return reason;
}

}  // namespace modattr
