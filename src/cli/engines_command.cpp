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

}  // namespace

void add_engines_command(CLI::App& program) {
  CLI::App& app = *program.add_subcommand("engines", "The engines: what they need, promise and cost");
  app.footer("Example:\n  modattr engines");
  app.callback([] {
    const TextStyle style = standard_output_style();
    std::string text;
    for (const EngineEntry& engine : engine_registry()) {
      const auto line = [](std::string_view title, std::string_view content) {
        return "  " + std::string(title) + std::string(10 - title.size(), ' ') + std::string(content) + "\n";
      };
      text += painted(engine.name, Paint::kStrong, style) + ": " + std::string(engine.summary) + "\n";
      text += line("needs", engine.needs) + line("promises", promises(engine.make()->guarantees())) +
              line("cost", engine.cost) + line("source", engine.source);
    }
    text +=
        "\nAxioms: efficiency: scores sum to v(full) - v(empty); symmetry: equal players get equal scores;\n"
        "null player: a modality that the model ignores gets exactly 0. N examples, M modalities, R repeats,\n"
        "B rows of the background.\n";
    print(text);
  });
}

}  // namespace modattr
