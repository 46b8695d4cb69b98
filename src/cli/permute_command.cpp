#include <memory>

#include "commands.h"
#include "common_options.h"
#include "scoring.h"

namespace modattr {
namespace {

struct PermuteCommand {
  PermuteRequest request;
  OutputOptions output;
};

}  // namespace

void add_permute_command(CLI::App& program) {
  auto command = std::make_shared<PermuteCommand>();
  CLI::App& app =
      *program.add_subcommand("permute", "Permutation importance: how far the score falls without a modality");
  app.footer(
      std::string(
          "Examples:\n"
          "  modattr permute                               every modality of the nearest modattr.json\n"
          "  modattr permute --modality text --repeats 30  the text only, with smaller standard errors\n"
          "  modattr permute --exact                       all pairs of examples: no Monte Carlo error, and emap.gap\n"
          "  modattr permute --within label                what a modality adds once the label is known\n"
          "  modattr permute --format json --out results   JSON here, scores.json and scores.csv in results/\n\n") +
      metric_help());
  add_modality_option(app, command->request.common);
  PermuteRequest& request = command->request;
  auto* repeats = app.add_option("--repeats", request.repeats, "Random permutations per modality (default 10)")
                      ->option_text("N")
                      ->check(whole_number(1, 1000000));
  app.add_flag("--exact", request.exact, "Every ordered pair of examples instead of random permutations; adds emap.gap")
      ->excludes(repeats)
      ->option_text(" ");
  add_metric_option(app, request.metric);
  app.add_option("--within", request.within,
                 "Permute only among examples with the same label or the same value of a column")
      ->option_text("label|COLUMN");
  app.add_flag("--skip-invalid", request.skip_invalid, "Leave out examples whose output is not finite, and count them");
  add_common_options(app, request.common);
  app.add_option("--out", command->output.out, "Also write scores.json and scores.csv into this folder")
      ->type_name("DIR")
      ->check(not_empty("a folder"));
  add_format_option(app, command->output);
  add_verbosity_options(app, command->output);
  app.callback([command] {
    run_scoring(command->output, [&](Application& application, const RunContext& context) {
      return application.permute(command->request, context);
    });
  });
}

}  // namespace modattr
