#include <string>

#include "commands.h"
#include "console.h"
#include "modattr/engines/registry.h"

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
  const auto line = [](std::string_view title, std::string_view content) {
    return "  " + std::string(title) + std::string(10 - title.size(), ' ') + std::string(content) + "\n";
  };
  OptionValues options(engine.options);
  for (const auto& [name, value] : variant.options) options.set(name, value);
  const Guarantees guarantees = engine.make(options, EngineSetting{})->guarantees();
  return painted(variant.name, Paint::kStrong, style) + ": " + std::string(variant.summary) + "\n" +
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
    text +=
        "\nAxioms: efficiency: scores sum to v(full) - v(empty); symmetry: equal players get equal scores;\n"
        "null player: a modality that the model ignores gets exactly 0. N examples, M modalities, R repeats,\n"
        "B rows of the background.\n";
    print(text);
  });
}

}  // namespace modattr
