#include <limits>
#include <memory>

#include "commands.h"
#include "common_options.h"
#include "modattr/engines/shapley/estimators/shapley_methods.h"
#include "modattr/stats/target.h"
#include "scoring.h"

namespace modattr {
namespace {

struct ShapCommand {
  ShapRequest request;
  OutputOptions output;
};

std::string value_help() {
  std::string names;
  for (const std::string& name : value_names()) names += (names.empty() ? "Values: " : ", ") + name;
  return names;
}

}  // namespace

void add_shap_command(CLI::App& program) {
  auto command = std::make_shared<ShapCommand>();
  CLI::App& app = *program.add_subcommand("shap", "Shapley values: what each modality adds to an answer");
  app.footer(std::string("Examples:\n"
                         "  modattr shap                                  every modality of the nearest modattr.json\n"
                         "  modattr shap --value correct --target label   in units of accuracy\n"
                         "  modattr shap --by label                       also class by class\n"
                         "  modattr shap --ids 17 --level feature         the words and patches behind one answer\n"
                         "  modattr shap --sage --level feature           what the loss owes to each column\n"
                         "  modattr shap --out results                    scores.json, scores.csv and examples.jsonl "
                         "in results/\n\n") +
             value_help());
  ShapRequest& request = command->request;
  add_modality_option(app, request.common);
  app.add_option_function<std::string>(
         "--level",
         [&request](const std::string& word) {
           request.level = word == "feature" ? ShapLevel::kFeature : ShapLevel::kModality;
         },
         "Who plays: modalities (default), or their words, patches, columns")
      ->option_text("modality|feature")
      ->check(one_of({"modality", "feature"}));
  app.add_option("--index", request.index,
                 "Features: owen (default; they add up to their modality's value) or shapley, one game of all")
      ->option_text("owen|shapley")
      ->check(one_of({"owen", "shapley"}));
  const std::span<const std::string> methods = shapley_estimator_names();
  app.add_option("--method", request.method, "Estimator: auto (default), exact, leverage, gp, proxy or permutation")
      ->option_text("METHOD")
      ->check(one_of({methods.begin(), methods.end()}));
  app.add_option("--budget", request.budget,
                 "Features: most model evaluations per example; default 32 coalitions per player (--sage: 512)")
      ->option_text("N")
      ->check(whole_number(1, std::numeric_limits<std::uint32_t>::max()));
  app.add_option("--tolerance", request.tolerance,
                 "Features: stop where all standard errors are below it (--sage: default 2.5 % of their range)")
      ->option_text("ERROR")
      ->check(positive_number());
  app.add_option("--target", request.target, "Class that is explained; default the configuration's, else predicted")
      ->option_text("predicted|label|INDEX");
  const std::span<const std::string> values = value_names();
  app.add_option("--value", request.value, "Behaviour that is explained; default probability, regressions output")
      ->option_text("VALUE")
      ->check(one_of({values.begin(), values.end()}));
  app.add_option("--background", request.background,
                 "Remove by N rows of the validation set, whatever the configuration says; 0 = all (default 50)")
      ->option_text("N")
      ->check(whole_number(0, std::numeric_limits<std::uint32_t>::max()));
  app.add_flag("--interactions", request.interactions, "Also emap.gap, from all pairs of examples")->option_text(" ");
  app.add_flag("--sage", request.sage, "Explain the mean loss over the whole set instead of each answer")
      ->option_text(" ");
  app.add_option("--by", request.by, "Also by label, or by the values of a column")->option_text("label|COLUMN");
  add_metric_option(app, request.metric);
  app.add_flag("--skip-invalid", request.skip_invalid, "Leave out examples whose output is not finite, and count them");
  add_common_options(app, request.common);
  app.add_option("--out", command->output.out, "Also write scores.json, scores.csv and examples.jsonl into this folder")
      ->type_name("DIR")
      ->check(not_empty("a folder"));
  add_format_option(app, command->output);
  add_verbosity_options(app, command->output);
  app.callback([command] {
    run_scoring(command->output, [&](Application& application, const RunContext& context) {
      return application.shap(command->request, context);
    });
  });
}

}  // namespace modattr
