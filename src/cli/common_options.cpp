#include "common_options.h"

#include <map>
#include <memory>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "modattr/core/nearest.h"
#include "modattr/stats/metrics.h"

namespace modattr {

void add_common_options(CLI::App& command, CommonOptions& common) {
  command
      .add_option("--config", common.config, "Configuration; default $MODATTR_CONFIG, else the nearest modattr.json")
      ->type_name("FILE");
  command.add_option("--model", common.model, "TorchScript model, instead of the configuration's")->type_name("FILE");
  command.add_option("--data", common.data, "Validation set (.npz, .safetensors, .pt), instead of the configuration's")
      ->type_name("FILE");
  command.add_option("--examples", common.examples, "Use a random subset of N examples, fixed by the seed")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command.add_option("--ids", common.ids, "Use the examples with these ids only")->type_name("A,B,C")->delimiter(',');
  command.add_option("--seed", common.seed, "Seed of all random numbers")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--batch-size", common.batch_size, "Rows that a thread reads at a time; results do not depend on it")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
  command.add_option("--threads", common.threads, "Model calls at a time; results do not depend on it")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command.add_option("--device", common.device, "Where the model runs: cpu, cuda, cuda:1 ... or auto")
      ->type_name("DEVICE")
      ->capture_default_str();
}

void add_modality_option(CLI::App& command, CommonOptions& common) {
  command.add_option("-m,--modality", common.modalities, "Score these modalities only")->type_name("NAME...");
}

void add_verbosity_options(CLI::App& command, OutputOptions& output) {
  auto* quiet = command.add_flag("-q,--quiet", output.quiet, "No progress and no warnings on standard error");
  command.add_flag("-v,--verbose", output.verbose, "Say on standard error what is being done")->excludes(quiet);
}

void add_format_option(CLI::App& command, OutputOptions& output) {
  static const std::map<std::string, OutputFormat> words = {{"table", OutputFormat::kTable},
                                                            {"csv", OutputFormat::kCsv},
                                                            {"json", OutputFormat::kJson},
                                                            {"markdown", OutputFormat::kMarkdown}};
  const auto parse = [&output](const std::string& word) {
    const auto found = words.find(word);
    if (found == words.end()) {
      std::vector<std::string> known;
      for (const auto& [name, format] : words) known.push_back(name);
      throw CLI::ValidationError("--format", "unknown '" + word + "'" + suggestion(word, known));
    }
    output.format = found->second;
  };
  command.add_option_function<std::string>("--format", parse, "Form of the results: table, csv, json or markdown")
      ->type_name("FORMAT")
      ->default_str("table");
}

void add_metric_option(CLI::App& command, std::optional<std::string>& metric) {
  std::string names;
  for (const std::string& name : metric_names()) names += (names.empty() ? "" : ", ") + name;
  command.add_option("--metric", metric, "Score: " + names)->type_name("NAME");
}

void start_logging(const OutputOptions& output) {
  auto logger = spdlog::stderr_color_mt("modattr");
  logger->set_pattern("modattr: %^%v%$");
  logger->set_level(output.quiet ? spdlog::level::off : output.verbose ? spdlog::level::info : spdlog::level::warn);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace modattr
