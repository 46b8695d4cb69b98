#include "modattr/engines/trace/trace_engine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/trace/trace.h"

namespace modattr {
namespace {

std::vector<std::string> split_text(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t first = 0; first <= text.size();) {
    const std::size_t end = std::min(text.find(separator, first), text.size());
    parts.push_back(text.substr(first, end - first));
    first = end + 1;
  }
  return parts;
}

/// "KIND" or "KIND:STRENGTH" of a modality.
Fault parse_fault(const std::string& name, const std::vector<std::string>& parts, const std::string& kind,
                  const std::string& modality) {
  std::vector<std::string> known;
  for (const FaultKind& each : fault_kinds(kind)) known.emplace_back(each.name);
  const auto found = std::ranges::find(known, parts.front());
  if (found == known.end()) {
    throw ConfigError(option(name) + ": unknown fault '" + parts.front() + "' of modality '" + modality + "'" +
                      suggestion(parts.front(), known));
  }
  Fault fault{.kind = parts.front()};
  if (parts.size() == 1) return fault;
  double strength = 0.0;
  const std::string& text = parts[1];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), strength);
  const bool has_strength = fault_kinds(kind)[static_cast<std::size_t>(found - known.begin())].strength.has_value();
  if (!has_strength || parts.size() > 2) {
    throw ConfigError(option(name) + ": expected '" + parts.front() + "' without a strength, got '" + text + "'");
  }
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(strength) || strength <= 0.0) {
    throw ConfigError(option(name) + ": expected a strength above 0 for '" + parts.front() + "', got '" + text + "'");
  }
  fault.strength = strength;
  return fault;
}

/// "all", "MODALITY:FAULT[:STRENGTH]", or "FAULT[:STRENGTH]" of every modality that has it, with commas between them.
std::vector<ModalityFault> parse_faults(const std::string& name, const std::string& text,
                                        const EngineSetting& setting) {
  std::vector<ModalityFault> faults;
  const auto is_asked = [&](std::size_t modality) {
    return setting.modalities.empty() || std::ranges::find(setting.modalities, modality) != setting.modalities.end();
  };
  for (const std::string& entry : split_text(text, ',')) {
    std::vector<std::string> parts = split_text(entry, ':');
    const auto named = std::ranges::find(setting.names, parts.front());
    bool is_known = entry == "all" || named != setting.names.end();
    for (std::size_t modality = 0; modality < setting.kinds.size(); ++modality) {
      const std::span<const FaultKind> kinds = fault_kinds(setting.kinds[modality]);
      if (!is_asked(modality)) continue;
      if (entry == "all") {
        for (const FaultKind& kind : kinds) faults.push_back({modality, {std::string(kind.name)}});
      } else if (named == setting.names.end() &&
                 std::ranges::find(kinds, parts.front(), &FaultKind::name) != kinds.end()) {
        faults.push_back({modality, parse_fault(name, parts, setting.kinds[modality], setting.names[modality])});
        is_known = true;
      }
    }
    if (!is_known) {
      std::vector<std::string> known = setting.names;
      known.emplace_back("all");
      for (const std::string& kind : setting.kinds) {
        for (const FaultKind& each : fault_kinds(kind)) {
          if (std::ranges::find(known, each.name) == known.end()) known.emplace_back(each.name);
        }
      }
      throw ConfigError(option(name) + ": expected MODALITY:FAULT, a fault or all, got '" + entry + "'" +
                        suggestion(parts.front(), known));
    }
    if (named == setting.names.end()) continue;
    const auto modality = static_cast<std::size_t>(named - setting.names.begin());
    parts.erase(parts.begin());
    if (parts.empty() || parts.front() == "all") {
      for (const FaultKind& kind : fault_kinds(setting.kinds[modality])) {
        faults.push_back({modality, {std::string(kind.name)}});
      }
    } else {
      faults.push_back({modality, parse_fault(name, parts, setting.kinds[modality], *named)});
    }
  }
  return faults;
}

std::vector<ModalityFault> faults_of(const OptionValues& options, const std::string& name,
                                     const EngineSetting& setting) {
  const std::optional<std::string> text = options.text(name);
  return text ? parse_faults(name, *text, setting) : std::vector<ModalityFault>{};
}

TraceOptions engine_options(const OptionValues& options, const EngineSetting& setting) {
  TraceOptions result{.donor_count = options.count("donors").value_or(0),
                      .threshold = options.number("threshold").value_or(0.0),
                      .answers = options.flag("all") ? TracedAnswers::kAll : TracedAnswers::kWrong,
                      .asked = setting.asked_examples,
                      .budget = options.count("budget").value_or(0),
                      .calibration = faults_of(options, "inject_only", setting),
                      .tested = faults_of(options, options.text("test") ? "test" : "inject", setting),
                      .breakdown = options.text("by")};
  return result;
}

void check(const OptionValues& options) {
  if (const std::optional<double> threshold = options.number("threshold"); threshold && *threshold >= 1.0) {
    throw ConfigError(option("threshold") + ": expected a probability between 0 and 1, got " +
                      std::to_string(*threshold));
  }
  if (options.text("test") && options.text("inject")) {
    throw ConfigError(option("test") + ": expected no " + option("inject") + ", which names the tested faults itself");
  }
}

void add_costs(CostFacts& facts, const std::function<void(EngineCost)>& add) {
  constexpr double kDonors = 100.0;
  const auto modalities = static_cast<double>(facts.modality_count());
  if (facts.modality_count() < 2) return;
  // Every mix of an example with a donor, of all examples at most.
  const double coalitions = facts.modality_count() <= 3 ? std::exp2(modalities) - 1.0 : 3.0 * modalities;
  add({.run = "trace, 100 wrong answers", .evaluations = facts.distinct_mixes(100.0 * kDonors * coalitions)});
}

std::vector<OptionSchema> schema() {
  return {{.name = "all", .help = "Trace right answers, too: which modality keeps them right"},
          {.name = "threshold",
           .type = OptionType::kPositiveNumber,
           .help = "Probability from which on a verdict is given (default 0.8)",
           .placeholder = "P",
           .fallback = 0.8},
          {.name = "donors",
           .type = OptionType::kCount,
           .help = "Right answers whose data takes the place of a modality's (default 100)",
           .placeholder = "N",
           .least = 10,
           .most = 10000,
           .fallback = std::uint64_t{100}},
          {.name = "budget",
           .type = OptionType::kCount,
           .help = "With --ids: most model evaluations that look for the words or patches to blame",
           .placeholder = "N",
           .least = 1},
          {.name = "wrong_if",
           .type = OptionType::kText,
           .help = "When an answer is wrong, e.g. \"abs_error > 0.5\", \"probability < 0.5\"",
           .placeholder = "RULE"},
          {.name = "inject",
           .type = OptionType::kText,
           .help = "Measure the verdicts: put faults into right answers of one half of the examples; all, "
                   "MODALITY:FAULT[:STRENGTH] or FAULT, with commas between them",
           .placeholder = "FAULTS"},
          {.name = "inject_only",
           .type = OptionType::kText,
           .help = "Faults that calibrate (default: swap and one more per modality)",
           .placeholder = "FAULTS"},
          {.name = "test",
           .type = OptionType::kText,
           .help = "Faults that are tested, as --inject, beside --inject-only",
           .placeholder = "FAULTS"},
          breakdown_option(),
          metric_option(),
          skip_invalid_option()};
}

std::string fault_notes() {
  std::string text = "Faults:";
  for (const char* kind : {"image", "tokens", "columns", "audio", "tensor"}) {
    text += std::string("\n  ") + kind + ": ";
    bool is_first = true;
    for (const FaultKind& each : fault_kinds(kind)) {
      text += (is_first ? "" : ", ") + std::string(each.name);
      is_first = false;
    }
  }
  return text;
}

}  // namespace

Engine trace_engine() {
  return {
      .name = "trace",
      .summary = "Which modality's data is behind each wrong answer",
      .examples = {{"", "every wrong answer of the nearest modattr.json"},
                   {"--ids 17", "one answer: the evidence in words"},
                   {"--by label", "where the errors come from, class by class"},
                   {"--inject all", "how far the verdicts can be trusted on this model"},
                   {"--out results", "scores.json, scores.csv and trace.jsonl in results/"}},
      .notes = fault_notes(),
      .modality_help = "Inject faults into these modalities only",
      .options = schema(),
      .variants = {{.name = "trace",
                    .summary = "the modality, or the model itself, that is behind a wrong answer, with a probability",
                    .needs = "any model with two to twelve modalities, labels",
                    .cost = "donors x (2^M - 1) evaluations per wrong answer with two or three modalities, about "
                            "donors x 3 M with more; equal mixes once",
                    .source = "Vovk, Wang 2021; Saerens et al. 2002; Wei et al. 2024"}},
      .files = {"scores.json", "scores.csv", "trace.jsonl"},
      .check = check,
      .needs =
          [](const OptionValues&) {
            return EngineNeeds{.game = GameKind::kErrors, .column_option = "by", .shards = ShardUse::kAllExamples};
          },
      .make = [](const OptionValues& options, const EngineSetting& setting) -> std::unique_ptr<Attributor> {
        return std::make_unique<Trace>(engine_options(options, setting));
      },
      .costs = add_costs};
}

}  // namespace modattr
