#pragma once

#include "modattr/run/application.h"

namespace modattr {

ScoreTable run_permute(const PermuteRequest& request, const RunContext& context);
ScoreTable run_shap(const ShapRequest& request, const RunContext& context);
ScoreTable run_lime(const LimeRequest& request, const RunContext& context);
Inspection run_inspect(const InspectRequest& request, const RunContext& context);
std::string run_init(const InitRequest& request, const RunContext& context);

}  // namespace modattr
