#include "modattr/report/tables/trace_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "modattr/report/number_format.h"
#include "modattr/report/tables/bar.h"
#include "modattr/report/tables/example_view.h"
#include "modattr/report/tables/record_words.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

constexpr std::string_view kFamily = "trace.";
constexpr std::size_t kColumnGap = 2;
constexpr std::size_t kShortestShareBar = 8;
constexpr std::size_t kLongestShareBar = 24;
/// p-values below it are called unusual.
constexpr double kUnusual = 0.05;

std::string percent(std::optional<double> share) {
  return share ? format_fixed(100.0 * *share, *share > 0.995 || *share < 0.0995 ? 1 : 0) + " %" : "-";
}

std::string percent_range(const std::optional<Interval>& interval) {
  if (!interval) return "-";
  return "[" + format_fixed(100.0 * interval->low, 1) + ", " + format_fixed(100.0 * interval->high, 1) + "]";
}

const Score* find_score(const ScoreTable& table, std::string_view modality, std::string_view definition,
                        const std::optional<std::string>& group) {
  for (const Score& row : table.rows) {
    if (row.modality == modality && row.definition == definition && row.group == group) return &row;
  }
  return nullptr;
}

/// Lines of cells in aligned columns; the first column is text, the others numbers.
class Cells {
 public:
  explicit Cells(const TextStyle& style) : style_(style) {}

  void add(std::vector<std::string> cells) { lines_.push_back(std::move(cells)); }
  /// `text_columns`: how many columns from the left are text.
  std::string text(std::size_t text_columns) const {
    const std::vector<std::size_t> widths = column_widths();
    std::string result;
    for (std::size_t number = 0; number < lines_.size(); ++number) {
      std::string line;
      for (std::size_t column = 0; column < lines_[number].size(); ++column) {
        const Alignment alignment = column < text_columns ? Alignment::kLeft : Alignment::kRight;
        line +=
            (column == 0 ? "" : std::string(kColumnGap, ' ')) + pad(lines_[number][column], widths[column], alignment);
      }
      while (line.ends_with(' ')) line.pop_back();
      result +=
          painted(cut_to_width(line, style_.width, style_), number == 0 ? Paint::kFaint : Paint::kPlain, style_) + "\n";
    }
    return result;
  }
  /// Cells that the columns take.
  std::size_t width() const {
    std::size_t sum = 0;
    for (const std::size_t width : column_widths()) sum += width + (sum == 0 ? 0 : kColumnGap);
    return sum;
  }

 private:
  std::vector<std::size_t> column_widths() const {
    std::vector<std::size_t> widths;
    for (const std::vector<std::string>& line : lines_) {
      widths.resize(std::max(widths.size(), line.size()));
      for (std::size_t column = 0; column < line.size(); ++column) {
        widths[column] = std::max(widths[column], display_width(line[column]));
      }
    }
    return widths;
  }

  const TextStyle& style_;
  std::vector<std::vector<std::string>> lines_;
};

/// Wrapped text behind `indent` spaces.
std::string paragraph(std::string_view text, Paint paint, const TextStyle& style, std::size_t indent = 0) {
  std::string result;
  for (const std::string& line : wrap_words(terminal_text(text, style), style.width - indent)) {
    result += std::string(indent, ' ') + painted(line, paint, style) + "\n";
  }
  return result;
}

/// What has a share of the errors, in the order of the rows: the modalities, the model.
std::vector<std::string> culprits_of(const ScoreTable& table) {
  std::vector<std::string> names;
  for (const Score& row : table.rows) {
    const bool is_new = std::ranges::find(names, row.modality) == names.end();
    if (row.definition == "trace.share" && !row.group && is_new) names.push_back(row.modality);
  }
  return names;
}

std::string count_text(const Score* score) {
  return score == nullptr || !score->value ? "-" : format_fixed(*score->value, 0);
}

enum class GroupColumns { kCounts, kCountsAndShares };

/// Verdicts, and estimated shares, group by group.
Cells group_cells(const ScoreTable& table, const std::vector<std::string>& culprits,
                  const std::vector<std::string>& groups, GroupColumns columns, const TextStyle& style) {
  const bool has_shares = columns == GroupColumns::kCountsAndShares;
  Cells cells(style);
  std::vector<std::string> titles = {"group", "wrong"};
  for (const std::string& name : culprits) titles.push_back(terminal_text(name, style));
  titles.emplace_back("undecided");
  for (const std::string& name : culprits) {
    if (has_shares) titles.push_back("share " + terminal_text(name, style));
  }
  cells.add(std::move(titles));
  for (const std::string& group : groups) {
    const Score* share = find_score(table, culprits.front(), "trace.share", group);
    std::vector<std::string> line = {terminal_text(group, style),
                                     share == nullptr ? "-" : std::to_string(share->examples)};
    for (const std::string& name : culprits) line.push_back(count_text(find_score(table, name, "trace.count", group)));
    line.push_back(count_text(find_score(table, "undecided", "trace.count", group)));
    for (const std::string& name : culprits) {
      const Score* own = find_score(table, name, "trace.share", group);
      if (has_shares) line.push_back(percent(own == nullptr ? std::nullopt : own->value));
    }
    cells.add(std::move(line));
  }
  return cells;
}

std::string errors_summary(const ScoreTable& table, const TextStyle& style) {
  const std::vector<std::string> culprits = culprits_of(table);
  if (culprits.empty()) return "";
  const Score* first = find_score(table, culprits.front(), "trace.share", std::nullopt);
  Cells cells(style);
  cells.add({counted(first->examples, "wrong answer"), "verdicts", "share", "95 %"});
  std::vector<double> shares;
  for (const std::string& name : culprits) {
    const Score* share = find_score(table, name, "trace.share", std::nullopt);
    shares.push_back(share->value.value_or(0.0));
    cells.add({terminal_text(name, style), count_text(find_score(table, name, "trace.count", std::nullopt)),
               percent(share->value), percent_range(share->ci95)});
  }
  cells.add({"undecided", count_text(find_score(table, "undecided", "trace.count", std::nullopt)), "", ""});
  std::string text = cells.text(1);
  const std::size_t used = cells.width() + kColumnGap;
  if (used + kShortestShareBar <= style.width) {
    // Behind each share its bar.
    const BarAxis axis = fit_bar_axis(shares, std::min(kLongestShareBar, style.width - used));
    std::string with_bars;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size(); ++number) {
      const std::size_t end = text.find('\n', begin);
      std::string line = text.substr(begin, end - begin);
      const bool has_bar = number > 0 && number <= shares.size() && shares[number - 1] * kLongestShareBar >= 0.125;
      if (has_bar) {
        line = pad(line, used, Alignment::kLeft) + draw_bar(shares[number - 1], axis, BarEmphasis::kCertain, style);
      }
      while (line.ends_with(' ')) line.pop_back();
      with_bars += line + "\n";
      begin = end + 1;
    }
    text = with_bars;
  }
  std::vector<std::string> groups;
  for (const Score& row : table.rows) {
    if (row.definition != "trace.count" || !row.group) continue;
    if (std::ranges::find(groups, *row.group) == groups.end()) groups.push_back(*row.group);
  }
  if (groups.empty()) return text;
  const Cells all = group_cells(table, culprits, groups, GroupColumns::kCountsAndShares, style);
  if (all.width() <= style.width) return text + "\n" + all.text(1);
  // Too narrow for the shares.
  return text + "\n" + group_cells(table, culprits, groups, GroupColumns::kCounts, style).text(1);
}

std::string value_text(const ScoreTable& table, const Score& key, std::string_view definition) {
  const Score* score = find_score(table, key.modality, definition, key.group);
  return score == nullptr ? "-" : percent(score->value);
}

std::string benchmark_summary(const ScoreTable& table, const TextStyle& style) {
  Cells cells(style);
  cells.add({"modality", "fault", "cases", "hit", "decided", "hit of decided", "ECE", "Brier"});
  for (const Score& row : table.rows) {
    if (row.definition != "trace.hit") continue;
    const Score* brier = find_score(table, row.modality, "trace.brier", row.group);
    cells.add({terminal_text(row.modality, style), row.group ? terminal_text(*row.group, style) : "all",
               std::to_string(row.examples), percent(row.value), value_text(table, row, "trace.decided"),
               value_text(table, row, "trace.hit_decided"), value_text(table, row, "trace.ece"),
               brier == nullptr || !brier->value ? "-" : format_fixed(*brier->value, 3)});
  }
  std::string text = cells.text(2);
  const Score* verdict = find_score(table, "balanced", "trace.hit", std::nullopt);
  if (verdict == nullptr) return text;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kRules = {
      {{"trace.hit_typicality", "the least typical data"},
       {"trace.hit_repair", "other data repairs the answer most often"},
       {"trace.hit_probability", "lowest Shapley value of the label's probability"},
       {"trace.hit_log_probability", "lowest Shapley value of its logarithm"},
       {"trace.hit_margin", "lowest Shapley value of the label's margin"},
       {"trace.hit_share", "largest share in the predicted class"}}};
  Cells rules(style);
  rules.add({"blamed by", "hit", "95 %"});
  rules.add({"the verdict", percent(verdict->value), percent_range(verdict->ci95)});
  for (const auto& [definition, words] : kRules) {
    if (const Score* score = find_score(table, "balanced", definition, std::nullopt)) {
      rules.add({std::string(words), percent(score->value), percent_range(score->ci95)});
    }
  }
  text += "\n" + rules.text(1);
  Cells reliability(style);
  reliability.add({"all verdicts", "cases", "mean", "hit"});
  for (const Score& row : table.rows) {
    if (row.definition != "trace.reliability") continue;
    reliability.add({terminal_text(row.group.value_or(""), style), std::to_string(row.examples),
                     value_text(table, row, "trace.confidence"), percent(row.value)});
  }
  text += "\n" + reliability.text(1);
  Cells natural(style);
  natural.add({"natural errors", "at the threshold", "true mixture", "estimated"});
  bool any = false;
  for (const Score& row : table.rows) {
    if (row.definition != "trace.natural") continue;
    any = true;
    natural.add({terminal_text(row.modality, style), percent(row.value), value_text(table, row, "trace.mixture_true"),
                 value_text(table, row, "trace.mixture")});
  }
  return any ? text + "\n" + natural.text(1) : text;
}

const Detail* member(const std::vector<Detail>& details, std::string_view name) {
  const auto found = std::ranges::find(details, name, &Detail::name);
  return found == details.end() ? nullptr : &*found;
}

const std::vector<Detail>& members_of(const std::vector<Detail>& details, std::string_view name) {
  static const std::vector<Detail> none;
  const Detail* detail = member(details, name);
  const auto* object = detail == nullptr ? nullptr : std::get_if<Detail::Object>(&detail->value);
  return object == nullptr ? none : object->members;
}

std::optional<double> number_of(const std::vector<Detail>& details, std::string_view name) {
  const Detail* detail = member(details, name);
  if (detail == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<double>(&detail->value)) return *number;
  if (const auto* count = std::get_if<std::int64_t>(&detail->value)) return static_cast<double>(*count);
  return std::nullopt;
}

std::string text_in(const std::vector<Detail>& details, std::string_view name) {
  const Detail* detail = member(details, name);
  const auto* text = detail == nullptr ? nullptr : std::get_if<std::string>(&detail->value);
  return text == nullptr ? "" : *text;
}

/// "is unusual (1 in 400)" or "is not unusual": by the smallest of the p-values, which counts for as many as there are.
/// Where only the answers with the same label tell, that is said.
std::string typicality_words(const std::vector<Detail>& evidence) {
  const auto least_of = [&](const std::array<std::string_view, 3>& names) -> std::optional<double> {
    std::optional<double> least;
    double count = 0.0;
    for (const std::string_view name : names) {
      const std::optional<double> value = number_of(evidence, name);
      if (!value) continue;
      least = std::min(least.value_or(1.0), *value);
      count += 1.0;
    }
    return least ? std::optional(std::min(1.0, *least * count)) : std::nullopt;
  };
  const std::optional<double> overall = least_of({"p_data", "p_encoding", "p_behaviour"});
  const std::optional<double> label = least_of({"p_data_label", "p_encoding_label", "p_behaviour_label"});
  if (!overall && !label) return "cannot be compared";
  const auto words = [](double p_value) { return "(1 in " + format_fixed(std::floor(1.0 / p_value), 0) + ")"; };
  if (overall && *overall <= kUnusual) return "is unusual " + words(*overall);
  if (label && *label <= kUnusual) return "is unusual for this label " + words(*label);
  return "is not unusual";
}

bool is_right_answer(const std::vector<Detail>& details) {
  const Detail* detail = member(details, "right");
  const auto* right = detail == nullptr ? nullptr : std::get_if<bool>(&detail->value);
  return right != nullptr && *right;
}

std::string title_of(const ExampleRecord& record, const TextStyle& style) {
  const std::vector<Detail>& details = record.attribution.details;
  const std::string verdict = text_in(details, "verdict");
  const std::string dot = style.unicode ? " · " : " | ";
  std::string title = "example " + record.id.value_or("");
  if (record.label) title += dot + "label " + label_words(record);
  if (record.predicted) title += dot + "answer " + predicted_words(record);
  if (is_right_answer(details)) return title + dot + "right";
  title += dot + "wrong" + dot + "verdict: " + verdict;
  const std::optional<double> confidence = number_of(details, "confidence");
  return confidence ? title + " (" + percent(confidence) + ")" : title;
}

/// Where the answer can be repaired; empty where nobody looked.
std::string place_words(const std::vector<Detail>& where) {
  const Detail* players = member(where, "players");
  const auto* list = players == nullptr ? nullptr : std::get_if<Detail::List>(&players->value);
  if (list == nullptr) return "";
  const std::string modality = text_in(where, "modality");
  std::string names;
  for (const Detail& player : list->values) {
    names += (names.empty() ? "" : "; ") + text_in(std::get<Detail::Object>(player.value).members, "name");
  }
  if (names.empty()) return "no part of the " + modality + " is in the way by itself";
  const double full = number_of(where, "value").value_or(0.0);
  const double without = number_of(where, "value_without").value_or(0.0);
  const NumberFormat format(std::max(std::abs(full), std::abs(without)), Orientation::kHigherIsBetter);
  return "in the " + modality + ": without " + names + " the value of the right answer goes from " + format(full, "-") +
         " to " + format(without, "-");
}

std::string example_text(const ExampleRecord& record, const std::vector<std::string>& modalities,
                         const TextStyle& style) {
  constexpr std::size_t kIndent = 2;
  const std::vector<Detail>& details = record.attribution.details;
  const bool is_right = is_right_answer(details);
  std::string text = "\n" + paragraph(title_of(record, style), Paint::kStrong, style);
  text += text_lines(record, modalities, style);
  for (const Detail& modality : members_of(details, "evidence")) {
    const std::vector<Detail>& own = std::get<Detail::Object>(modality.value).members;
    const std::string answer = is_right ? "the answer stays right in " : "the right answer comes in ";
    text += paragraph("with another " + modality.name + " " + answer +
                          format_fixed(number_of(own, "repaired").value_or(0.0), 0) + " of " +
                          format_fixed(number_of(own, "donors").value_or(0.0), 0) + " cases; the " + modality.name +
                          " " + typicality_words(own),
                      Paint::kPlain, style, kIndent);
  }
  text += paragraph("the model gives the right answer " + percent(number_of(details, "probability_of_label")) +
                        (is_right ? "" : "; what is behind the error:"),
                    Paint::kPlain, style, kIndent);
  std::size_t name_width = 0;
  const std::vector<Detail>& probabilities = members_of(details, "probability");
  for (const Detail& each : probabilities) {
    name_width = std::max(name_width, display_width(terminal_text(each.name, style)));
  }
  const BarAxis axis = fit_bar_axis(std::array{1.0}, kLongestShareBar);
  for (const Detail& each : probabilities) {
    const double value = std::get<double>(each.value);
    const std::string bar = value * kLongestShareBar < 0.125 ? "" : draw_bar(value, axis, BarEmphasis::kCertain, style);
    std::string line = "    " + pad(terminal_text(each.name, style), name_width, Alignment::kLeft) + "  " +
                       pad(percent(value), 6, Alignment::kRight) + "  " + bar;
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  const std::string place = text_in(details, "verdict") == "model" ? "" : place_words(members_of(details, "where"));
  return place.empty() ? text : text + paragraph(place, Paint::kPlain, style, kIndent);
}

}  // namespace

bool is_trace(const ScoreTable& table) {
  return std::ranges::any_of(table.rows, [](const Score& row) { return row.definition.starts_with(kFamily); });
}

std::string to_trace_summary(const ScoreTable& table, const TextStyle& style) {
  const bool is_benchmark =
      std::ranges::any_of(table.rows, [](const Score& row) { return row.definition == "trace.hit"; });
  return is_benchmark ? benchmark_summary(table, style) : errors_summary(table, style);
}

std::string to_trace_examples(const ScoreTable& table, const TextStyle& style) {
  if (!table.examples_are_chosen || table.examples.empty()) return "";
  std::string text;
  std::size_t shown = 0;
  for (const ExampleRecord& record : table.examples) {
    if (shown++ == kMostShownExamples) break;
    text += example_text(record, table.modalities, style);
  }
  if (table.examples.size() > kMostShownExamples) {
    text += "\n" + paragraph(counted(table.examples.size() - kMostShownExamples, "further example") +
                                 " in trace.jsonl of " + style.spell_option("out"),
                             Paint::kFaint, style);
  }
  return text;
}

}  // namespace modattr
