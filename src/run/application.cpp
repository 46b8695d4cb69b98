#include "modattr/run/application.h"

#include <functional>
#include <string>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/value/not_finite.h"
#include "run/commands/commands.h"

namespace modattr {
namespace {

/// Runs a command; where the model's answer to untouched data is not finite, says what leaves such examples out.
ScoreTable with_hint(const std::function<ScoreTable()>& run) {
  try {
    return run();
  } catch (const NotFiniteError& error) {
    const std::string message = error.what();
    // Of mixed rows the message names what came from elsewhere.
    const bool is_untouched = error.removed().empty() && message.find(" with ") == std::string::npos;
    if (!is_untouched || message.find(option("skip_invalid")) != std::string::npos) throw;
    throw ModelError(message + "; " + option("skip_invalid") + " leaves such examples out");
  }
}

class TorchApplication final : public Application {
 public:
  ScoreTable permute(const PermuteRequest& request, const RunContext& context) override {
    return with_hint([&] { return run_permute(request, context); });
  }
  ScoreTable shap(const ShapRequest& request, const RunContext& context) override {
    return with_hint([&] { return run_shap(request, context); });
  }
  ScoreTable lime(const LimeRequest& request, const RunContext& context) override {
    return with_hint([&] { return run_lime(request, context); });
  }
  Inspection inspect(const InspectRequest& request, const RunContext& context) override {
    return run_inspect(request, context);
  }
  std::string init(const InitRequest& request, const RunContext& context) override {
    return run_init(request, context);
  }
};

}  // namespace
}  // namespace modattr

extern "C" modattr::Application* modattr_create_application() {
  return new modattr::TorchApplication;
}
