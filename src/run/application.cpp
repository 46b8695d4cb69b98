#include "modattr/run/application.h"

#include "commands.h"

namespace modattr {
namespace {

class TorchApplication final : public Application {
 public:
  ScoreTable permute(const PermuteRequest& request, const RunContext& context) override {
    return run_permute(request, context);
  }
  ScoreTable shap(const ShapRequest& request, const RunContext& context) override { return run_shap(request, context); }
  ScoreTable lime(const LimeRequest& request, const RunContext& context) override { return run_lime(request, context); }
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
