#include "modattr/history/trend_view.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "modattr/history/sparkline.h"
#include "modattr/report/number_format.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"
#include "trend_formats.h"

namespace modattr {
namespace {

constexpr std::size_t kNarrowestHistory = 60;
constexpr std::size_t kColumnGap = 2;
constexpr std::size_t kShortestTrend = 8;
constexpr std::size_t kLongestTrend = 40;
constexpr std::size_t kDateLength = std::string_view("2000-01-01").size();

/// A column of texts under a title.
struct HistoryColumn {
  std::string title;
  Alignment alignment = Alignment::kLeft;
  Paint paint = Paint::kPlain;
  std::vector<std::string> cells;

  std::size_t width() const {
    std::size_t width = display_width(title);
    for (const std::string& cell : cells) width = std::max(width, display_width(cell));
    return width;
  }
};

/// The last segment of a trend: what its numbers are of.
struct LastSegment {
  std::size_t count = 0;
  std::optional<double> first;
  std::optional<double> latest;
};

LastSegment last_segment(const Trend& trend) {
  LastSegment segment;
  for (const TrendPoint& point : trend.points) {
    if (point.segment != trend.points.back().segment) continue;
    if (segment.count++ == 0) segment.first = point.score.value;
    segment.latest = point.score.value;
  }
  return segment;
}

/// "+0.0123"; nothing where there is one result only.
std::string signed_change(const LastSegment& segment, const NumberFormat& format, const std::string& unknown) {
  if (segment.count < 2 || !segment.first || !segment.latest) return unknown;
  const double change = *segment.latest - *segment.first;
  if (change == 0.0) return "0";
  return (change > 0.0 ? "+" : "") + format(change, unknown);
}

std::size_t total_width_of(const std::vector<HistoryColumn>& columns) {
  std::size_t total = kColumnGap * columns.size();
  for (const HistoryColumn& column : columns) total += column.width();
  return total;
}

/// Where the terminal is too narrow cuts names, the longest column first, and then leaves columns out; returns their
/// titles.
std::vector<std::string> fit_history_columns(std::vector<HistoryColumn>& columns, std::size_t room,
                                             const TextStyle& style) {
  constexpr std::ptrdiff_t kNameColumns = 3;
  constexpr std::size_t kShortestColumn = 8;
  while (total_width_of(columns) > room) {
    const auto longest =
        std::ranges::max_element(columns.begin(), columns.begin() + kNameColumns, {}, &HistoryColumn::width);
    const std::size_t width = longest->width();
    if (width <= kShortestColumn) break;
    for (std::string& cell : longest->cells) cell = cut_to_width(cell, width - 1, style);
    // The title is the longest.
    if (longest->width() >= width) break;
  }
  std::vector<std::string> hidden;
  for (const char* const title : {"results", "first"}) {
    if (total_width_of(columns) <= room) break;
    std::erase_if(columns, [&](const HistoryColumn& column) { return column.title == title; });
    hidden.emplace_back(title);
  }
  return hidden;
}

std::vector<const Trend*> trends_of_all_examples(const History& history) {
  std::vector<const Trend*> trends;
  for (const Trend& trend : history.trends) {
    if (!trend.group) trends.push_back(&trend);
  }
  return trends;
}

std::vector<HistoryColumn> value_columns(const std::vector<const Trend*>& trends, const TextStyle& style) {
  const std::string unknown = style.unicode ? "–" : "-";
  std::vector<HistoryColumn> columns = {
      {"run", Alignment::kLeft, Paint::kPlain, {}},        {"modality", Alignment::kLeft, Paint::kStrong, {}},
      {"definition", Alignment::kLeft, Paint::kFaint, {}}, {"results", Alignment::kRight, Paint::kPlain, {}},
      {"first", Alignment::kRight, Paint::kPlain, {}},     {"latest", Alignment::kRight, Paint::kPlain, {}},
      {"change", Alignment::kRight, Paint::kPlain, {}}};
  for (const Trend* const trend : trends) {
    const LastSegment segment = last_segment(*trend);
    const std::vector<double> values = {std::abs(segment.first.value_or(0.0)), std::abs(segment.latest.value_or(0.0))};
    const std::vector<double> changes = {std::abs(segment.latest.value_or(0.0) - segment.first.value_or(0.0))};
    const NumberFormat format = NumberFormat::of_column(values, changes, Orientation::kHigherIsBetter);
    const std::vector<std::string> cells = {terminal_text(trend->run.empty() ? "model" : trend->run, style),
                                            terminal_text(trend->modality, style),
                                            terminal_text(trend->definition, style),
                                            std::to_string(segment.count),
                                            format(segment.first, unknown),
                                            format(segment.latest, unknown),
                                            signed_change(segment, format, unknown)};
    for (std::size_t column = 0; column < cells.size(); ++column) columns[column].cells.push_back(cells[column]);
  }
  return columns;
}

std::string trend_cells(const Trend& trend, std::size_t width, const TextStyle& style) {
  std::vector<SparkPoint> points;
  for (const TrendPoint& point : trend.points) points.push_back({point.score.value, point.segment});
  return sparkline(points, width, style);
}

std::string without_spaces_at_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// Lines of aligned columns, and what they leave out.
struct HistoryGrid {
  std::string text;
  std::vector<std::string> hidden;
};

HistoryGrid trend_grid(const std::vector<const Trend*>& trends, const TextStyle& style) {
  HistoryGrid grid;
  std::vector<HistoryColumn> columns = value_columns(trends, style);
  grid.hidden = fit_history_columns(columns, style.width - kShortestTrend, style);
  std::string titles;
  std::size_t used = 0;
  for (const HistoryColumn& column : columns) {
    const std::size_t width = column.width();
    titles += pad(column.title, width, column.alignment) + std::string(kColumnGap, ' ');
    used += width + kColumnGap;
  }
  const std::size_t room =
      std::clamp<std::size_t>(style.width > used ? style.width - used : 0, kShortestTrend, kLongestTrend);
  std::size_t longest = std::string_view("trend").size();
  std::vector<std::string> lines;
  for (std::size_t place = 0; place < trends.size(); ++place) {
    std::string line;
    for (const HistoryColumn& column : columns) {
      line += painted(pad(column.cells[place], column.width(), column.alignment), column.paint, style) +
              std::string(kColumnGap, ' ');
    }
    const std::string spark = trend_cells(*trends[place], room, style);
    longest = std::max(longest, display_width(spark));
    lines.push_back(without_spaces_at_end(line + spark));
  }
  std::string rule;
  for (std::size_t cell = 0; cell < used + longest; ++cell) rule += style.unicode ? "─" : "-";
  grid.text = painted(titles + "trend", Paint::kStrong, style) + "\n" + painted(rule, Paint::kFaint, style) + "\n";
  for (const std::string& line : lines) grid.text += line;
  return grid;
}

/// "3" or "3 (v1.2)".
std::string result_name(const StoredResult& result) {
  return std::to_string(result.id) + (result.tag ? " (" + *result.tag + ")" : "");
}

std::string history_heading(const History& history, const std::string& store) {
  const StoredResult& first = history.results.front();
  const StoredResult& last = history.results.back();
  const std::string begin = first.head.created.substr(0, kDateLength);
  const std::string end = last.head.created.substr(0, kDateLength);
  return store + ": " + counted(history.results.size(), "result") + (begin == end ? " of " : " from ") + begin +
         (begin == end ? "" : " to " + end) + ", the latest is " + result_name(last);
}

/// A label and, beside it, what it says.
using Note = std::pair<std::string, std::string>;

std::string joined_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<Note> notes_of(const History& history, const std::vector<const Trend*>& trends,
                           const std::vector<std::string>& hidden_columns, const TextStyle& style) {
  std::vector<Note> notes;
  if (std::ranges::any_of(trends, [](const Trend* trend) { return trend->run.empty(); })) {
    notes.emplace_back("score", history.results.back().head.metric + " of the model on the untouched data");
  }
  notes.emplace_back("trend", "each from its least to its largest value, the latest at the right");
  if (!history.breaks.empty()) {
    notes.emplace_back(segment_mark(style),
                       "other data or options: numbers of both sides are not to be compared; results, first and change "
                       "count from the last one");
  }
  for (const TrendBreak& each : history.breaks) {
    notes.emplace_back("", "result " + result_name(history.results[each.result]) + ", " +
                               (each.run.empty() ? "score of the model" : each.run) + ": " + each.what);
  }
  std::vector<std::string> hidden;
  if (!hidden_columns.empty()) {
    hidden.push_back(joined_names(hidden_columns) + " (too narrow here; " + style.spell_option("format") +
                     " csv has all)");
  }
  if (!history.hidden_definitions.empty()) {
    hidden.push_back(joined_names(history.hidden_definitions) + " (" + style.spell_option("all_definitions") +
                     " shows them)");
  }
  for (const std::string& each : hidden) notes.emplace_back("not shown", each);
  return notes;
}

}  // namespace

std::string history_table(const History& history, const std::string& store, const TextStyle& requested) {
  TextStyle style = requested;
  style.width = std::max(style.width, kNarrowestHistory);
  const auto paragraph = [&](const std::string& text, Paint paint) {
    std::string lines;
    for (const std::string& line : wrap_words(terminal_text(text, style), style.width)) {
      lines += painted(line, paint, style) + "\n";
    }
    return lines;
  };
  if (history.results.empty()) {
    return paragraph(store + ": no results yet; " + style.spell_option("store") + " of a command adds one",
                     Paint::kPlain);
  }
  const std::vector<const Trend*> trends = trends_of_all_examples(history);
  std::string text = paragraph(history_heading(history, store), Paint::kStrong) + "\n";
  if (trends.empty()) return text + paragraph("no scores", Paint::kFaint);
  const HistoryGrid grid = trend_grid(trends, style);
  text += grid.text + "\n";
  const std::vector<Note> notes = notes_of(history, trends, grid.hidden, style);
  std::size_t label_width = 0;
  for (const auto& [label, content] : notes) label_width = std::max(label_width, display_width(label));
  const std::size_t indent = label_width + kColumnGap;
  for (const auto& [label, content] : notes) {
    std::string left = pad(label, indent, Alignment::kLeft);
    for (const std::string& line : wrap_words(terminal_text(content, style), style.width - indent)) {
      text += left + painted(line, Paint::kFaint, style) + "\n";
      left.assign(indent, ' ');
    }
  }
  return text;
}

std::string render_history(const History& history, const std::string& store, OutputFormat format,
                           const TextStyle& style) {
  switch (format) {
    case OutputFormat::kTable:
      return history_table(history, store, style);
    case OutputFormat::kCsv:
      return history_csv(history);
    case OutputFormat::kJson:
      return history_json(history, store);
    case OutputFormat::kMarkdown:
      break;
  }
  throw std::invalid_argument("a history is a table, csv or json");
}

}  // namespace modattr
