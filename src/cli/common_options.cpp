#include "common_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string_view>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "modattr/core/nearest.h"

namespace modattr {

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  // CLI11's own reading turns what does not fit into 64 bits into the largest number.
  const auto check = [least, most](const std::string& text) -> std::string {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && value >= least && value <= most) return {};
    return "expected a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", got '" + text +
           "'";
  };
  return {check, ""};
}

CLI::Validator not_empty(std::string what) {
  const auto check = [what = std::move(what)](const std::string& text) -> std::string {
    return text.empty() ? "expected " + what + ", got ''" : "";
  };
  return {check, ""};
}

void add_common_options(CLI::App& command, CommonOptions& common) {
  command
      .add_option("--config", common.config, "Configuration; default $MODATTR_CONFIG, else the nearest modattr.json")
      ->type_name("FILE")
      ->check(not_empty("a file"));
  command.add_option("--model", common.model, "TorchScript model, instead of the configuration's")
      ->type_name("FILE")
      ->check(not_empty("a file"));
  command
      .add_option(
          "--data", common.data,
          "Validation set (.npz, .safetensors, .pt, or a manifest: .csv, .jsonl), instead of the configuration's")
      ->type_name("FILE")
      ->check(not_empty("a file"));
  command.add_option("--examples", common.examples, "Use a random subset of N examples, fixed by the seed")
      ->option_text("N")
      ->check(whole_number(1, std::numeric_limits<std::uint32_t>::max()));
  command.add_option("--ids", common.ids, "Use the examples with these ids only; an id may hold commas itself")
      ->option_text("A,B,C");
  command.add_option("--seed", common.seed, "Seed of all random numbers")
      ->option_text("N")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()));
  const auto parse_batch_size = [&common](const std::string& word) {
    common.batch_size.reset();
    if (word == "auto") return;
    std::string text = word;
    const std::string error = whole_number(1, 1 << 20)(text);
    constexpr std::string_view kExpected = "expected ";
    if (!error.empty()) {
      throw CLI::ValidationError("--batch-size", "expected auto or " + error.substr(kExpected.size()));
    }
    common.batch_size = std::stoul(word);
  };
  command
      .add_option_function<std::string>(
          "--batch-size", parse_batch_size,
          "Rows per model call, where that changes no digit: rounded down to a multiple of "
          "model.rows_per_call, below which it is ignored; default auto, the fastest")
      ->option_text("N|auto");
  command.add_option("--threads", common.threads, "Model calls at a time; results do not depend on it")
      ->option_text("N")
      ->check(whole_number(1, 1024));
  command.add_flag("--no-split", common.no_split,
                   "Run the whole model on every mix that is asked for and share nothing: slow, to check the fast way");
  command.add_flag("--reproducible", common.reproducible,
                   "Slower matrix products whose last digits depend neither on a row's place in a call nor on the kind "
                   "of processor: for shards that are to give the bytes of one run");
  command
      .add_option("--cache-mb", common.cache_mb,
                  "Memory for encodings in MiB; default a quarter of what is free, on a GPU 1024")
      ->option_text("N")
      ->check(whole_number(0, 1 << 24));
  command.add_option("--device", common.device, "Where the model runs: cpu, cuda, cuda:1 ... or auto (default)")
      ->option_text("DEVICE");
}

void add_verbosity_options(CLI::App& command, OutputOptions& output) {
  auto* quiet = command.add_flag("-q,--quiet", output.quiet, "No progress and no warnings on standard error");
  auto* verbose = command.add_flag("-v,--verbose", output.verbose, "Say on standard error what is being done");
  verbose->excludes(quiet);
  // Without a text of its own the help would repeat the exclusion.
  quiet->option_text(" ");
  verbose->option_text(" ");
}

void add_format_option(CLI::App& command, OutputOptions& output, const std::vector<std::string>& formats) {
  static const std::map<std::string, OutputFormat> words = {{"table", OutputFormat::kTable},
                                                            {"csv", OutputFormat::kCsv},
                                                            {"json", OutputFormat::kJson},
                                                            {"markdown", OutputFormat::kMarkdown}};
  std::string list;
  for (std::size_t place = 0; place < formats.size(); ++place) {
    list += (place == 0 ? "" : place + 1 == formats.size() ? " or " : ", ") + formats[place];
  }
  const auto parse = [&output, formats, list](const std::string& word) {
    const auto found = words.find(word);
    if (found != words.end() && std::ranges::find(formats, word) == formats.end()) {
      throw CLI::ValidationError("--format", "expected " + list + ", got '" + word + "'");
    }
    if (found == words.end()) {
      std::vector<std::string> known;
      for (const auto& [name, format] : words) {
        if (std::ranges::find(formats, name) != formats.end()) known.push_back(name);
      }
      throw CLI::ValidationError("--format", "unknown '" + word + "'" + suggestion(word, known));
    }
    output.format = found->second;
  };
  command
      .add_option_function<std::string>(
          "--format", parse, "Form of the results: table (default)" + list.substr(std::string("table").size()))
      ->option_text("FORMAT");
}

void add_table_options(CLI::App& command, OutputOptions& output) {
  add_format_option(command, output);
  command.add_flag("--all-definitions", output.all_definitions,
                   "Print the rows of all definitions, also of those that answer the same question or check the run");
  add_verbosity_options(command, output);
}

void start_logging(const OutputOptions& output) {
  auto logger = spdlog::stderr_color_mt("modattr");
  logger->set_pattern("modattr: %^%v%$");
  logger->set_level(output.quiet ? spdlog::level::off : output.verbose ? spdlog::level::info : spdlog::level::warn);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace modattr
