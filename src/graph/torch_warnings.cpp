#include "modattr/graph/torch_warnings.h"

#include <string>
#include <variant>

#include <c10/util/Exception.h>
#include <torch/version.h>

namespace modattr {

#if TORCH_VERSION_MAJOR >= 2

namespace {

class OtherWarnings final : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override {
    // Some say so by their text only.
    const bool is_deprecation = std::holds_alternative<c10::DeprecationWarning>(warning.type()) ||
                                warning.msg().find("deprecated") != std::string::npos;
    if (!is_deprecation) c10::WarningHandler::process(warning);
  }
};

}  // namespace

void drop_deprecation_warnings() {
  static OtherWarnings handler;
  thread_local const bool is_set = [] {
    c10::WarningUtils::set_warning_handler(&handler);
    return true;
  }();
  static_cast<void>(is_set);
}

#else

void drop_deprecation_warnings() {}

#endif

}  // namespace modattr
