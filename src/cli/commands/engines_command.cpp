#include <algorithm>
#include <string>

#include "cli/console.h"
#include "commands.h"
#include "modattr/engines/registry.h"
#include "modattr/report/text.h"

namespace modattr {
namespace {

std::string promises(const Guarantees& guarantees) {
  std::string text;
  const auto add = [&](bool promised, const char* axiom) {
    if (promised) text += (text.empty() ? "" : ", ") + std::string(axiom);
  };
  add(guarantees.efficiency, "efficiency");
  add(guarantees.symmetry, "symmetry");
  add(guarantees.null_player, "null player");
  return text.empty() ? "none" : text;
}

std::string variant_text(const Engine& engine, const EngineVariant& variant, const TextStyle& style) {
  const std::size_t width = standard_output_wraps_at();
  const auto line = [&](std::string_view title, std::string_view content) {
    return "  " + std::string(title) + std::string(10 - title.size(), ' ') + hanging(content, 12, width) + "\n";
  };
  OptionValues options(engine.options);
  for (const auto& [name, value] : variant.options) options.set(name, value);
  const Guarantees guarantees = engine.make(options, EngineSetting{})->guarantees();
  const std::string head = hanging(std::string(variant.name) + ": " + std::string(variant.summary), 4, width);
  return painted(variant.name, Paint::kStrong, style) + head.substr(variant.name.size()) + "\n" +
         line("needs", variant.needs) + line("promises", promises(guarantees)) + line("cost", variant.cost) +
         line("source", variant.source);
}

}  // namespace

void add_engines_command(CommandLine& line) {
  CLI::App& app = *line.program.add_subcommand("engines", "The engines: what they need, promise and cost");
  app.footer("Example:\n  modattr engines");
  app.callback([] {
    const TextStyle style = standard_output_style();
    std::string text;
    for (const Engine& entry : engine_registry()) {
      for (const EngineVariant& variant : entry.variants) text += variant_text(entry, variant, style);
    }
    constexpr std::size_t kUsualWidth = 100;
    text += "\n" +
            hanging(
                "Axioms: efficiency: scores sum to v(full) - v(empty); symmetry: equal players get equal scores; "
                "null player: a modality that the model ignores gets exactly 0. N examples, M modalities, R repeats, "
                "B rows of the background.",
                0, std::min(standard_output_wraps_at(), kUsualWidth)) +
            "\n";
    print(text);
  });
}

}  // namespace modattr
