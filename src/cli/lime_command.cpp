#include <limits>
#include <memory>

#include "commands.h"
#include "common_options.h"
#include "modattr/engines/surrogate/local_surrogate.h"
#include "modattr/stats/target.h"
#include "scoring.h"

namespace modattr {
namespace {

struct LimeCommand {
  LimeRequest request;
  OutputOptions output;
};

CLI::Validator word_of(std::span<const std::string> words) {
  return one_of(std::vector<std::string>(words.begin(), words.end()));
}

void add_neighbourhood_options(CLI::App& app, LimeRequest& request) {
  const auto parse_budget = [&request](const std::string& word) {
    request.all_coalitions = word == "all";
    request.budget.reset();
    if (request.all_coalitions) return;
    std::string text = word;
    const std::string error = whole_number(1, std::numeric_limits<std::uint32_t>::max())(text);
    constexpr std::string_view kExpected = "expected ";
    if (!error.empty()) throw CLI::ValidationError("--budget", "expected all or " + error.substr(kExpected.size()));
    request.budget = std::stoull(word);
  };
  app.add_option_function<std::string>(
         "--budget", parse_budget,
         "Most model evaluations per example, or all = every coalition once; default 512 coalitions")
      ->option_text("N|all");
  app.add_option("--similarity", request.similarity,
                 "Distance of a coalition: cosine (default) or euclidean (default for columns) on its players, "
                 "input-cosine on the model's inputs, encoder on its features")
      ->option_text("NAME")
      ->check(word_of(similarity_names()));
  app.add_option("--kernel-width", request.kernel_width,
                 "Width of the kernel sqrt(exp(-d^2/width^2)); default cosine and encoder 0.25, euclidean 0.75 "
                 "sqrt(players), input-cosine 1")
      ->option_text("WIDTH")
      ->check(positive_number());
}

void add_surrogate_options(CLI::App& app, LimeRequest& request) {
  app.add_option("--surrogate", request.surrogate, "The simple model: ridge (default), lasso or tree")
      ->option_text("ridge|lasso|tree")
      ->check(word_of(surrogate_names()));
  app.add_option("--top-k", request.top_k,
                 "Most players and pairs of it (default 10); --selection none keeps every player")
      ->option_text("K")
      ->check(whole_number(1, std::numeric_limits<std::uint32_t>::max()));
  app.add_option("--selection", request.selection,
                 "How they are chosen: auto (default: forward up to 6, else highest; a tree chooses itself), forward, "
                 "highest, lasso_path or none = all")
      ->option_text("NAME")
      ->check(word_of(column_selection_names()));
  app.add_option("--alpha", request.alpha, "Penalty of ridge (default 1) or lasso (default 0.01)")
      ->option_text("ALPHA")
      ->check(positive_number());
  app.add_option("--depth", request.depth, "Most questions of a tree before an answer (default 5)")
      ->option_text("N")
      ->check(whole_number(1, 12));
  app.add_flag("--pairs", request.pairs, "Also pairs of players of different modalities, such as a word with a patch")
      ->option_text(" ");
}

}  // namespace

void add_lime_command(CLI::App& program) {
  auto command = std::make_shared<LimeCommand>();
  CLI::App& app = *program.add_subcommand("lime", "A simple model around each example: LIME across modalities");
  app.footer(
      "Examples:\n"
      "  modattr lime --ids 17                      the words and patches behind one answer\n"
      "  modattr lime --ids 17 --pairs              also words that count only together with a patch\n"
      "  modattr lime --ids 17 --surrogate tree     the answer as a few rules\n"
      "  modattr lime --modality text --budget all  every coalition of words, images untouched\n"
      "  modattr lime --examples 200 --out results  scores.json, scores.csv and examples.jsonl in results/");
  LimeRequest& request = command->request;
  app.add_option("-m,--modality", request.common.modalities,
                 "Let the players of these modalities play only; the others stay untouched")
      ->option_text("NAME...");
  add_neighbourhood_options(app, request);
  add_surrogate_options(app, request);
  app.add_option("--target", request.target, "Class that is explained; default the configuration's, else predicted")
      ->option_text("predicted|label|INDEX");
  app.add_option("--value", request.value, "Behaviour that is explained; default probability, regressions output")
      ->option_text("VALUE")
      ->check(word_of(value_names()));
  app.add_option("--background", request.background,
                 "Remove by N rows of the validation set, whatever the configuration says; 0 = all (default 50)")
      ->option_text("N")
      ->check(whole_number(0, std::numeric_limits<std::uint32_t>::max()));
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
      return application.lime(command->request, context);
    });
  });
}

}  // namespace modattr
