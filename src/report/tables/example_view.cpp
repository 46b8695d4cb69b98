#include "modattr/report/tables/example_view.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "modattr/report/number_format.h"
#include "modattr/report/tables/bar.h"
#include "modattr/report/tables/record_words.h"
#include "modattr/report/tables/surrogate_view.h"
#include "modattr/report/tables/trace_view.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

constexpr std::size_t kNarrowestView = 60;
constexpr std::size_t kWidestName = 28;
/// Players that are listed one by one; the others are summed up.
constexpr std::size_t kMostPlayers = 20;
/// Pairs of players that are listed one by one, and how many of them may be of one modality where others are left.
constexpr std::size_t kMostPairs = 10;
constexpr std::size_t kMostPairsWithin = 4;

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

/// The strongest pairs of players, those across modalities first.
struct PairLines {
  std::vector<Line> across;
  std::vector<Line> within;
  std::size_t left_out = 0;
};

PairLines pair_lines_of(const ExampleAttribution& attribution, const std::vector<std::size_t>& asked) {
  PairLines lines;
  const auto is_asked = [&](const PlayerScore& player) {
    return asked.empty() || std::ranges::find(asked, player.modality) != asked.end();
  };
  if (!attribution.player_interactions) return lines;
  const auto is_stronger = [](const Line& left, const Line& right) {
    return std::abs(left.value) > std::abs(right.value);
  };
  for (const PlayerInteraction& pair : attribution.player_interactions->pairs) {
    const PlayerScore& first = attribution.players.at(pair.first);
    const PlayerScore& second = attribution.players.at(pair.second);
    if (!is_asked(first) && !is_asked(second)) continue;
    std::vector<Line>& block = first.modality == second.modality ? lines.within : lines.across;
    block.push_back({.name = first.label + " with " + second.label,
                     .value = pair.value,
                     .std_error = pair.std_error,
                     .is_indented = true});
  }
  const std::size_t all = lines.across.size() + lines.within.size();
  std::ranges::stable_sort(lines.across, is_stronger);
  std::ranges::stable_sort(lines.within, is_stronger);
  const std::size_t across =
      std::min(lines.across.size(), kMostPairs - std::min(kMostPairsWithin, lines.within.size()));
  lines.within.resize(std::min(lines.within.size(), kMostPairs - across));
  lines.across.resize(across);
  lines.left_out = all - across - lines.within.size();
  return lines;
}

/// "k-SII" of "pairs.k_sii".
std::string index_name(const std::string& definition) {
  std::string name = definition.substr(definition.find('.') + 1);
  std::ranges::transform(name, name.begin(), [](unsigned char letter) { return std::toupper(letter); });
  if (name == "PATH_PAIRS") return "k-SII, path-dependent";
  return name == "K_SII" ? "k-SII" : name;
}

std::string heading(const ExampleRecord& record) {
  if (!record.id) return "all examples";
  std::string text = "example " + *record.id;
  if (record.label) text += ": label " + label_words(record);
  if (record.predicted) text += ", predicted " + predicted_words(record);
  if (!record.target) return text + ", explained: its label tokens";
  return text + ", explained: " + (record.predicted ? "class " : "output ") +
         class_words(record.target_name, std::to_string(*record.target));
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

/// Sums of the numbers of a view leave this much of 0.
void drop_rounding(std::vector<Line>& lines, double scale) {
  for (Line& line : lines) {
    if (std::abs(line.value) <= 1e-12 * scale) line.value = 0.0;
  }
}

/// The numbers of `lines`, in the decimals of the view unless these would show next to nothing of them.
NumberFormat format_of(const std::vector<Line>& lines, double scale) {
  constexpr double kTinyPart = 1e-2;
  double largest = largest_of(lines);
  for (const Line& line : lines) {
    if (line.std_error && std::isfinite(*line.std_error)) largest = std::max(largest, *line.std_error);
  }
  return NumberFormat(largest > 0.0 && largest < kTinyPart * scale ? largest : scale, Orientation::kHigherIsBetter);
}

/// Numbers of a view one below the other: the points, and the signs before the errors, line up.
class NumberColumn {
 public:
  void add(std::string value, std::string error) {
    values_.push_back(std::move(value));
    errors_.push_back(std::move(error));
  }

  void add(const std::vector<Line>& lines, const NumberFormat& format) {
    for (const Line& line : lines) {
      std::string value = format(line.value, "");
      if (line.value > 0.0) value.insert(0, "+");
      if (line.value < 0.0 && !value.starts_with('-')) value.insert(0, "-");
      const bool has_error = line.std_error && *line.std_error > 0.0;
      add(std::move(value), has_error ? format.error(line.std_error, "?") : "");
    }
  }

  /// Most cells before a value's point.
  std::size_t cells_before_point() const { return before_point(values_); }

  /// One text per number, all as wide as each other; `before`: cells before the point of the values.
  std::vector<std::string> cells(std::size_t before, const TextStyle& style) const {
    std::vector<std::string> cells = on_points(values_, before);
    const std::string_view sign = style.unicode ? " ± " : " +- ";
    const std::vector<std::string> errors = on_points(errors_, before_point(errors_));
    for (std::size_t at = 0; at < cells.size() && !errors.front().empty(); ++at) {
      cells[at] += (errors_[at].empty() ? std::string(display_width(sign), ' ') : std::string(sign)) + errors[at];
    }
    return cells;
  }

 private:
  static std::size_t point_of(const std::string& text) { return std::min(text.find('.'), text.size()); }

  static std::size_t before_point(const std::vector<std::string>& texts) {
    std::size_t before = 0;
    for (const std::string& text : texts) before = std::max(before, point_of(text));
    return before;
  }

  static std::vector<std::string> on_points(std::vector<std::string> texts, std::size_t before) {
    std::size_t after = 0;
    for (const std::string& text : texts) after = std::max(after, text.size() - point_of(text));
    for (std::string& text : texts) {
      text.insert(0, before - point_of(text), ' ');
      text.resize(before + after, ' ');
    }
    return texts;
  }

  std::vector<std::string> values_;
  std::vector<std::string> errors_;
};

/// Lines whose bars share one scale, on which the longest possible one is `longest`.
std::string block_of(const std::vector<Line>& lines, std::span<const std::string> numbers, std::size_t name_width,
                     double longest, const TextStyle& style) {
  std::vector<double> lengths;
  for (const Line& line : lines) lengths.push_back(longest > 0.0 ? line.value / longest : 0.0);
  const std::size_t used = name_width + (lines.empty() ? 0 : display_width(numbers.front())) + 6;
  const BarAxis axis = fit_bar_axis(lengths, std::max<std::size_t>(style.width > used ? style.width - used : 0, 10));
  std::string text;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    const Line& line = lines[index];
    const std::string indent = line.is_indented ? "  " : "";
    const std::string name = cut_to_width(indent + terminal_text(line.name, style), name_width, style);
    const bool is_certain = !line.std_error || std::abs(line.value) > 1.96 * *line.std_error;
    text += "  " +
            painted(pad(name, name_width, Alignment::kLeft), line.is_indented ? Paint::kPlain : Paint::kStrong, style) +
            "  " + numbers[index] + "  " +
            draw_bar(lengths[index], axis, is_certain ? BarEmphasis::kCertain : BarEmphasis::kUncertain, style);
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text;
}

/// What numbers of a view have in common.
struct NumberPlace {
  double scale = 0.0;
  /// Cells before the point.
  std::size_t before = 0;
};

/// Pairs of players: both blocks on one scale.
std::string pair_blocks_of(const ExampleAttribution& attribution, PairLines lines, const NumberPlace& place,
                           std::size_t name_width, const TextStyle& style) {
  if (!attribution.player_interactions) return "";
  const std::size_t across = lines.across.size();
  std::vector<Line> all = std::move(lines.across);
  std::ranges::move(lines.within, std::back_inserter(all));
  drop_rounding(all, place.scale);
  NumberColumn column;
  column.add(all, format_of(all, place.scale));
  const std::vector<std::string> numbers =
      all.empty() ? std::vector<std::string>{}
                  : column.cells(std::max(place.before, column.cells_before_point()), style);
  std::string text;
  const auto add_heading = [&](const std::string& heading) {
    for (const std::string& part : wrap_words(heading, style.width - 2)) {
      text += "  " + painted(part, Paint::kFaint, style) + "\n";
    }
  };
  const double longest = largest_of(all);
  const std::string index = index_name(attribution.player_interactions->definition);
  const auto span_of = [&](auto& values, std::size_t first, std::size_t end) {
    return std::vector(values.begin() + static_cast<std::ptrdiff_t>(first),
                       values.begin() + static_cast<std::ptrdiff_t>(end));
  };
  if (across > 0) {
    add_heading("features of two modalities only together (" + index + ")");
    text += block_of(span_of(all, 0, across), span_of(numbers, 0, across), name_width, longest, style);
  }
  if (all.size() > across) {
    add_heading("features of one modality only together (" + index + ")");
    text +=
        block_of(span_of(all, across, all.size()), span_of(numbers, across, all.size()), name_width, longest, style);
  }
  if (lines.left_out > 0) {
    add_heading(std::to_string(lines.left_out) + (lines.left_out == 1 ? " weaker pair" : " weaker pairs") +
                ": examples.jsonl of " + style.spell_option("out") + " DIR has all");
  }
  return text;
}

std::string view_of(const ExampleRecord& record, const ScoreTable& table, const TextStyle& style) {
  const ExampleAttribution& attribution = record.attribution;
  const std::vector<std::string>& modalities = table.modalities;
  std::vector<Line> parts = parts_of(attribution, table);
  std::vector<Line> pairs = pairs_of(attribution, modalities);
  PairLines player_pairs = pair_lines_of(attribution, table.asked_modalities);
  const std::string without = without_all(attribution, modalities);
  const std::string with = "with all data";
  const std::size_t name_width =
      std::min(std::max({display_width(terminal_text(without, style)), display_width(with), name_width_of(parts, style),
                         name_width_of(pairs, style), name_width_of(player_pairs.across, style),
                         name_width_of(player_pairs.within, style)}),
               kWidestName);
  const double scale = std::max(
      {std::abs(attribution.value_full), std::abs(attribution.value_empty), largest_of(parts), largest_of(pairs)});
  drop_rounding(parts, scale);
  drop_rounding(pairs, scale);
  const NumberFormat format(scale, Orientation::kHigherIsBetter);
  NumberColumn ends;
  ends.add(format(attribution.value_empty, ""), "");
  ends.add(format(attribution.value_full, ""), "");
  NumberColumn part_numbers;
  part_numbers.add(parts, format_of(parts, scale));
  NumberColumn pair_numbers;
  pair_numbers.add(pairs, format_of(pairs, scale));
  const std::size_t before =
      std::max({ends.cells_before_point(), part_numbers.cells_before_point(), pair_numbers.cells_before_point()});

  std::string text = painted(terminal_text(heading(record), style), Paint::kStrong, style) + "\n";
  text += text_lines(record, modalities, style);
  const auto add_end = [&](const std::string& name, const std::string& number) {
    text += "  " + painted(pad(name, name_width, Alignment::kLeft), Paint::kFaint, style) + "  " + number;
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  };
  add_end(cut_to_width(terminal_text(without, style), name_width, style), ends.cells(before, style)[0]);
  text += block_of(parts, part_numbers.cells(before, style), name_width, largest_of(parts), style);
  add_end(with, ends.cells(before, style)[1]);
  if (!pairs.empty()) {
    text += "  " + painted("only together (each modality above holds half)", Paint::kFaint, style) + "\n" +
            block_of(pairs, pair_numbers.cells(before, style), name_width, largest_of(pairs), style);
  }
  text += pair_blocks_of(attribution, std::move(player_pairs), {.scale = scale, .before = before}, name_width, style);
  return text + to_surrogate_view(attribution, modalities, style);
}

}  // namespace

std::string to_example_view(const ScoreTable& table, const TextStyle& requested) {
  TextStyle style = requested;
  style.width = std::max(style.width, kNarrowestView);
  if (is_trace(table)) return to_trace_examples(table, style);
  const bool is_for_files = !table.examples.empty() && table.examples.front().attribution.method == kPermutationMethod;
  if (is_for_files) return "";
  const bool is_long = table.examples.size() > kMostShownExamples;
  const std::size_t shown = !is_long ? table.examples.size() : table.examples_are_chosen ? kMostShownExamples : 0;
  std::string text;
  for (std::size_t place = 0; place < shown; ++place) text += "\n" + view_of(table.examples[place], table, style);
  if (!is_long) return text;
  const std::string count = std::to_string(table.examples.size());
  const std::string most = std::to_string(kMostShownExamples);
  const std::string file = "examples.jsonl of " + style.spell_option("out") + " DIR";
  const std::string line =
      shown > 0 ? "examples one by one: the first " + most + " of " + count + "; " + file + " has all"
                : "examples one by one: " + count + " are more than the " + most + " shown here; " + file + " has them";
  text += "\n";
  for (const std::string& part : wrap_words(line, style.width)) text += painted(part, Paint::kFaint, style) + "\n";
  return text;
}

}  // namespace modattr
