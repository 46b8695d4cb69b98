#include "modattr/report/example_view.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "modattr/report/bar.h"
#include "modattr/report/number_format.h"
#include "modattr/report/surrogate_view.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

constexpr std::size_t kNarrowest = 60;
constexpr std::size_t kWidestName = 28;
/// Players that are listed one by one; the others are summed up.
constexpr std::size_t kMostPlayers = 20;

struct Line {
  std::string name;
  double value = 0.0;
  std::optional<double> std_error{};
  bool is_indented = false;
};

/// A modality's players, the strongest first, in a block of their own below it.
void add_players(const ExampleAttribution& attribution, std::size_t modality, std::vector<Line>& lines) {
  std::vector<const PlayerScore*> players;
  for (const PlayerScore& player : attribution.players) {
    // A surrogate leaves most players out.
    const bool is_left_out = attribution.surrogate.has_value() && is_rounding(player.value, attribution);
    if (player.modality == modality && !is_left_out) players.push_back(&player);
  }
  std::ranges::stable_sort(players, std::greater<>(),
                           [](const PlayerScore* player) { return std::abs(player->value); });
  double rest = 0.0;
  for (std::size_t place = 0; place < players.size(); ++place) {
    if (place >= kMostPlayers) {
      rest += players[place]->value;
      continue;
    }
    lines.push_back({players[place]->label, players[place]->value, players[place]->std_error, true});
  }
  if (players.size() > kMostPlayers) {
    lines.push_back({std::to_string(players.size() - kMostPlayers) + " others", rest, std::nullopt, true});
  }
}

/// Whether a modality was removed at all: a surrogate may be of one modality's players, and leave the others be.
bool is_in_game(const ExampleAttribution& attribution, std::size_t modality) {
  return !attribution.surrogate || std::ranges::any_of(attribution.players, [&](const PlayerScore& player) {
    return player.modality == modality;
  });
}

/// What was removed to get v(empty).
std::string without_all(const ExampleAttribution& attribution, const std::vector<std::string>& modalities) {
  std::string names;
  bool is_all = true;
  for (std::size_t modality = 0; modality < modalities.size(); ++modality) {
    if (is_in_game(attribution, modality)) {
      names += (names.empty() ? "" : " and ") + modalities[modality];
    } else {
      is_all = false;
    }
  }
  return "without " + (is_all || names.empty() ? "any data" : names);
}

/// What sums to v(full) - v(empty); the players of modalities that were asked for only.
std::vector<Line> parts_of(const ExampleAttribution& attribution, const ScoreTable& table) {
  const std::vector<std::size_t>& asked = table.asked_modalities;
  std::vector<Line> lines;
  for (std::size_t modality = 0; modality < attribution.modalities.size(); ++modality) {
    if (!is_in_game(attribution, modality)) continue;
    lines.push_back({.name = table.modalities[modality], .value = attribution.modalities[modality]});
    const bool is_asked = asked.empty() || std::ranges::find(asked, modality) != asked.end();
    if (is_asked) add_players(attribution, modality, lines);
  }
  return lines;
}

/// What two add only together; the parts hold halves of it.
std::vector<Line> pairs_of(const ExampleAttribution& attribution, const std::vector<std::string>& modalities) {
  std::vector<Line> lines;
  if (attribution.surrogate) {
    for (const PairScore& pair : attribution.surrogate->pairs) {
      lines.push_back({.name = pair.first.label + " with " + pair.second.label,
                       .value = pair.value,
                       .std_error = pair.std_error,
                       .is_indented = true});
    }
  }
  std::size_t pair = 0;
  for (std::size_t first = 0; !attribution.interactions.empty() && first < modalities.size(); ++first) {
    for (std::size_t second = first + 1; second < modalities.size(); ++second, ++pair) {
      lines.push_back({.name = modalities[first] + " with " + modalities[second],
                       .value = attribution.interactions[pair],
                       .is_indented = true});
    }
  }
  return lines;
}

std::string heading(const ExampleRecord& record) {
  if (!record.id) return "all examples";
  std::string text = "example " + *record.id;
  if (record.label) text += ": label " + format_exact(record.label);
  if (record.predicted) text += ", predicted " + std::to_string(*record.predicted);
  if (!record.target) return text + ", explained: its label tokens";
  return text + ", explained: " + (record.predicted ? "class " : "output ") + std::to_string(*record.target);
}

std::size_t name_width_of(const std::vector<Line>& lines, const TextStyle& style) {
  std::size_t width = 0;
  for (const Line& line : lines) {
    width = std::max(width, display_width(terminal_text(line.name, style)) + (line.is_indented ? 2 : 0));
  }
  return width;
}

double largest_of(const std::vector<Line>& lines) {
  double largest = 0.0;
  for (const Line& line : lines) largest = std::max(largest, std::abs(line.value));
  return largest;
}

/// Lines whose bars share one scale.
std::string block_of(const std::vector<Line>& lines, std::size_t name_width, const NumberFormat& format,
                     const TextStyle& style) {
  const std::string_view plus_minus = style.unicode ? "±" : "+-";
  const double longest = largest_of(lines);
  std::vector<double> lengths;
  std::vector<std::string> numbers;
  std::size_t number_width = 0;
  for (const Line& line : lines) {
    lengths.push_back(longest > 0.0 ? line.value / longest : 0.0);
    numbers.push_back((line.value >= 0.0 ? "+" : "") + format(line.value, ""));
    if (line.std_error && *line.std_error > 0.0) {
      numbers.back().append(" ").append(plus_minus).append(" ").append(format(line.std_error, ""));
    }
    number_width = std::max(number_width, display_width(numbers.back()));
  }
  const std::size_t used = name_width + number_width + 6;
  const BarAxis axis = fit_bar_axis(lengths, std::max<std::size_t>(style.width > used ? style.width - used : 0, 10));
  std::string text;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    const Line& line = lines[index];
    const std::string indent = line.is_indented ? "  " : "";
    const std::string name = cut_to_width(indent + terminal_text(line.name, style), name_width, style);
    const bool is_certain = !line.std_error || std::abs(line.value) > 1.96 * *line.std_error;
    text += "  " +
            painted(pad(name, name_width, Alignment::kLeft), line.is_indented ? Paint::kPlain : Paint::kStrong, style) +
            "  " + pad(numbers[index], number_width, Alignment::kLeft) + "  " +
            draw_bar(lengths[index], axis, is_certain ? BarEmphasis::kCertain : BarEmphasis::kUncertain, style);
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text;
}

std::string view_of(const ExampleRecord& record, const ScoreTable& table, const TextStyle& style) {
  const ExampleAttribution& attribution = record.attribution;
  const std::vector<std::string>& modalities = table.modalities;
  const std::vector<Line> parts = parts_of(attribution, table);
  const std::vector<Line> pairs = pairs_of(attribution, modalities);
  const std::string without = without_all(attribution, modalities);
  const std::size_t name_width = std::min(std::max({display_width(terminal_text(without, style)),
                                                    name_width_of(parts, style), name_width_of(pairs, style)}),
                                          kWidestName);
  const NumberFormat format(std::max({std::abs(attribution.value_full), std::abs(attribution.value_empty),
                                      largest_of(parts), largest_of(pairs)}),
                            Orientation::kHigherIsBetter);

  std::string text = painted(terminal_text(heading(record), style), Paint::kStrong, style) + "\n";
  const auto add_end = [&](const std::string& name, double value) {
    text +=
        "  " + painted(pad(name, name_width, Alignment::kLeft), Paint::kFaint, style) + "  " + format(value, "") + "\n";
  };
  add_end(cut_to_width(terminal_text(without, style), name_width, style), attribution.value_empty);
  text += block_of(parts, name_width, format, style);
  add_end("with all data", attribution.value_full);
  if (!pairs.empty()) {
    text += "  " + painted("only together (each modality above holds half)", Paint::kFaint, style) + "\n" +
            block_of(pairs, name_width, format, style);
  }
  return text + to_surrogate_view(attribution, modalities, style);
}

}  // namespace

std::string to_example_view(const ScoreTable& table, const TextStyle& requested) {
  TextStyle style = requested;
  style.width = std::max(style.width, kNarrowest);
  if (table.examples.size() > kMostShownExamples) {
    const std::string line = "examples one by one: " + std::to_string(table.examples.size()) + " are more than the " +
                             std::to_string(kMostShownExamples) + " shown here; examples.jsonl of --out DIR has them";
    std::string text = "\n";
    for (const std::string& part : wrap_words(line, style.width)) text += painted(part, Paint::kFaint, style) + "\n";
    return text;
  }
  std::string text;
  for (const ExampleRecord& record : table.examples) text += "\n" + view_of(record, table, style);
  return text;
}

}  // namespace modattr
