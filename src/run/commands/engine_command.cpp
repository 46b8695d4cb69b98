// One engine: experiment -> targets -> removal -> players -> attribute -> table.

#include "engine_run.h"

namespace modattr {
namespace {

CommandResult run_one_engine(const CommandRequest& request, const RunContext& context) {
  return with_hint_at_skipping([&] {
    const RunStart start;
    Experiment experiment(experiment_options(request, checked_needs(request)), context);
    return run_engine(experiment, request, context, start);
  });
}

}  // namespace

MODATTR_COMMAND(engine, run_one_engine)

}  // namespace modattr
