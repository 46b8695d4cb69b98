#include "modattr/report/tables/surrogate_view.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>

#include "modattr/report/number_format.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

/// Below it the surrogate explains less than it leaves out.
constexpr double kTrustedR2 = 0.5;
/// Players that are shown as a text.
constexpr std::size_t kMostWords = 64;

using Players = std::vector<const PlayerScore*>;

Players players_of(std::span<const PlayerScore> all, std::size_t modality) {
  Players players;
  for (const PlayerScore& player : all) {
    if (player.modality == modality) players.push_back(&player);
  }
  return players;
}

/// Players with what rounding alone leaves at 0.
std::vector<PlayerScore> without_rounding(const ExampleAttribution& attribution) {
  std::vector<PlayerScore> players = attribution.players;
  for (PlayerScore& player : players) {
    if (is_rounding(player.value, attribution)) player.value = 0.0;
  }
  return players;
}

Paint paint_of(double value) {
  return value > 0.0 ? Paint::kPositive : value < 0.0 ? Paint::kNegative : Paint::kFaint;
}

/// "3,14": row and column of a patch.
std::optional<std::array<std::size_t, 2>> patch_of(const std::string& label) {
  std::array<std::size_t, 2> place{};
  const char* const end = label.data() + label.size();
  const auto [comma, row_error] = std::from_chars(label.data(), end, place[0]);
  if (row_error != std::errc{} || comma == end || *comma != ',') return std::nullopt;
  const auto [rest, column_error] = std::from_chars(comma + 1, end, place[1]);
  if (column_error != std::errc{} || rest != end) return std::nullopt;
  return place;
}

/// Columns of the grid that players fill row by row; nullopt when they are no such patches.
std::optional<std::size_t> grid_width(const Players& players) {
  if (players.size() < 2) return std::nullopt;
  const auto last = patch_of(players.back()->label);
  if (!last || ((*last)[0] + 1) * ((*last)[1] + 1) != players.size()) return std::nullopt;
  const std::size_t width = (*last)[1] + 1;
  for (std::size_t place = 0; place < players.size(); ++place) {
    const auto patch = patch_of(players[place]->label);
    if (!patch || (*patch)[0] != place / width || (*patch)[1] != place % width) return std::nullopt;
  }
  return width;
}

/// Two cells: a sign and a shade, in tenths of the largest magnitude without Unicode.
std::string cell_of(double value, double largest, const TextStyle& style) {
  if (value == 0.0) return painted(style.unicode ? " ·" : " .", Paint::kFaint, style);
  const double part = std::abs(value) / largest;
  std::string cell = value > 0.0 ? "+" : "-";
  if (style.unicode) {
    cell += part > 0.75 ? "█" : part > 0.5 ? "▓" : part > 0.25 ? "▒" : "░";
  } else {
    cell += std::to_string(std::min(9, 1 + static_cast<int>(part * 9.0)));
  }
  return painted(cell, paint_of(value), style);
}

std::string grid_of(const Players& players, std::size_t width, const TextStyle& style) {
  double largest = 0.0;
  for (const PlayerScore* player : players) largest = std::max(largest, std::abs(player->value));
  std::string text;
  for (std::size_t place = 0; place < players.size(); ++place) {
    if (place % width == 0) text += "    ";
    text += cell_of(players[place]->value, largest, style);
    if (place % width == width - 1) text += "\n";
  }
  return text;
}

/// Whether a sign in front of some word would read as that of a number.
bool has_numbers(const Players& players) {
  return std::ranges::any_of(players, [](const PlayerScore* player) {
    const std::string_view word = std::string_view(player->label).substr(0, player->label.find('@'));
    return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
  });
}

/// The words in their order, by sign; without colours a word that counts bears its sign, an id behind it.
std::string words_of(const Players& players, const TextStyle& style) {
  constexpr std::size_t kIndent = 4;
  std::string text;
  std::size_t used = 0;
  const bool is_behind = has_numbers(players);
  for (const PlayerScore* player : players) {
    std::string word = terminal_text(player->label, style);
    if (!style.color && player->value != 0.0) {
      const std::string sign = player->value > 0.0 ? "+" : "-";
      word = is_behind ? word + "(" + sign + ")" : sign + word;
    }
    const std::size_t width = display_width(word);
    if (used > 0 && used + 1 + width > style.width) {
      text += "\n";
      used = 0;
    }
    text += used == 0 ? std::string(kIndent, ' ') : " ";
    used += (used == 0 ? kIndent : 1) + width;
    text += painted(word, paint_of(player->value), style);
  }
  return text + "\n";
}

std::string share_text(double share) {
  return format_fixed(100.0 * share, 0) + " %";
}

/// What the marks of words and patches say.
std::string legend(const TextStyle& style) {
  if (!style.color) return "  + raises the value, - lowers it\n";
  return "  " + painted("raises the value", Paint::kPositive, style) + ", " +
         painted("lowers it", Paint::kNegative, style) + "\n";
}

void add_quality(const ExampleAttribution& attribution, const NumberFormat& format, const TextStyle& style,
                 std::string& text) {
  const SurrogateReport& surrogate = *attribution.surrogate;
  const auto add = [&](const std::string& line, Paint paint) {
    for (const std::string& part : wrap_words(line, style.width - 2)) text += "  " + painted(part, paint, style) + "\n";
  };
  add(surrogate.kind + ": intercept " + format(surrogate.intercept, "") + ", local prediction " +
          format(surrogate.local_prediction, "") + " where the model says " + format(attribution.value_full, ""),
      Paint::kFaint);
  const std::string coalitions =
      surrogate.held_out_count ? std::to_string(*surrogate.held_out_count) +
                                     (*surrogate.held_out_count == 1 ? " held-out coalition" : " held-out coalitions")
                               : std::string("every coalition");
  std::string quality =
      surrogate.r2 ? "r2 " + format_fixed(*surrogate.r2, 2) + " on " + coalitions : "r2 not known (" + coalitions + ")";
  if (surrogate.stability) quality += ", stability " + format_fixed(*surrogate.stability, 2);
  const bool is_trusted = surrogate.r2 && *surrogate.r2 >= kTrustedR2;
  add(quality + (is_trusted ? "" : ": not to be trusted"), is_trusted ? Paint::kFaint : Paint::kWarning);
}

void add_rules(const SurrogateReport& surrogate, const NumberFormat& format, const TextStyle& style,
               std::string& text) {
  for (const SurrogateRule& rule : surrogate.rules) {
    const std::string line = format(rule.value, "") + " if " + terminal_text(rule.condition, style) + " (" +
                             share_text(rule.weight_share) + " of the coalitions by weight)";
    std::string indent = "    ";
    for (const std::string& part : wrap_words(line, style.width - 8)) {
      text += indent + part + "\n";
      indent = "        ";
    }
  }
}

}  // namespace

bool is_rounding(double value, const ExampleAttribution& attribution) {
  if (!attribution.surrogate) return value == 0.0;
  double scale = std::max({std::abs(attribution.value_full), std::abs(attribution.value_empty),
                           std::abs(attribution.surrogate->intercept)});
  for (const PlayerScore& player : attribution.players) scale = std::max(scale, std::abs(player.value));
  return std::abs(value) <= 1e-12 * scale;
}

std::string to_surrogate_view(const ExampleAttribution& attribution, const std::vector<std::string>& modalities,
                              const TextStyle& style) {
  if (!attribution.surrogate) return "";
  double largest = std::max(std::abs(attribution.value_full), std::abs(attribution.surrogate->intercept));
  largest = std::max(largest, std::abs(attribution.surrogate->local_prediction));
  for (const SurrogateRule& rule : attribution.surrogate->rules) largest = std::max(largest, std::abs(rule.value));
  const NumberFormat format(largest, Orientation::kHigherIsBetter);
  std::string text;
  add_quality(attribution, format, style, text);
  const std::vector<PlayerScore> all = without_rounding(attribution);
  bool any_mark = false;
  for (std::size_t modality = 0; modality < modalities.size(); ++modality) {
    const Players players = players_of(all, modality);
    const std::optional<std::size_t> width = grid_width(players);
    // More than a sentence, or wider than the terminal: the bars above name those that count.
    const bool fits = width ? 2 * *width + 4 <= style.width : players.size() <= kMostWords;
    if (players.empty() || !fits) continue;
    text += "  " + painted(terminal_text(modalities[modality], style), Paint::kStrong, style) + "\n";
    text += width ? grid_of(players, *width, style) : words_of(players, style);
    any_mark |= std::ranges::any_of(players, [](const PlayerScore* player) { return player->value != 0.0; });
  }
  if (any_mark) text += legend(style);
  if (!attribution.surrogate->rules.empty()) text += "  " + painted("rules", Paint::kStrong, style) + "\n";
  add_rules(*attribution.surrogate, format, style, text);
  return text;
}

}  // namespace modattr
