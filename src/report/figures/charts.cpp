#include "modattr/report/figures/charts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "svg.h"

namespace modattr {
namespace {

constexpr double kBarHeight = 13.0;
constexpr double kMargin = 12.0;
constexpr double kGap = 8.0;

/// The widest of some texts, but no more than `most`.
template <typename Rows, typename TextOf>
double column_width(const Rows& rows, double most, const TextOf& text_of) {
  double width = 0.0;
  for (const auto& row : rows) width = std::max(width, text_width(text_of(row)));
  return std::min(width, most);
}

void add_ends(const ChartValue& value, std::vector<double>& ends) {
  if (value.value) ends.push_back(*value.value);
  if (!value.interval) return;
  ends.push_back(value.interval->low);
  ends.push_back(value.interval->high);
}

void draw_whisker(Svg& svg, const Axis& axis, const Interval& interval, double y, double cap) {
  if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return;
  const double low = axis.place(interval.low);
  const double high = axis.place(interval.high);
  svg.line(low, y, high, y, "whisker");
  svg.line(low, y - cap, low, y + cap, "whisker");
  svg.line(high, y - cap, high, y + cap, "whisker");
}

}  // namespace

void draw_bars(Svg& svg, const Box& box, const std::vector<BarChart::Row>& rows, std::string_view title) {
  const double names = column_width(rows, box.width * 0.4, [](const auto& row) { return row.name; });
  const double texts = column_width(rows, box.width * 0.42, [](const auto& row) { return row.value.text; });
  const double bottom = box.y + kRowHeight * static_cast<double>(rows.size());
  std::vector<double> ends;
  for (const BarChart::Row& row : rows) add_ends(row.value, ends);
  const double right = box.x + box.width;
  const Axis axis(ends, box.x + names + kGap, right - texts - 1.5 * kGap);
  axis.draw(svg, box.y, bottom, title);
  for (std::size_t place = 0; place < rows.size(); ++place) {
    const BarChart::Row& row = rows[place];
    const double middle = box.y + kRowHeight * (static_cast<double>(place) + 0.5);
    svg.text(box.x + names, middle + 4.0, fit_text(row.name, names + 1.0), "ink", Anchor::kEnd);
    if (row.value.value && std::isfinite(*row.value.value)) {
      const double zero = axis.place(0.0);
      const double end = axis.place(*row.value.value);
      svg.rect({std::min(zero, end), middle - kBarHeight / 2.0, std::abs(end - zero), kBarHeight}, row.ink);
    }
    if (row.value.interval) draw_whisker(svg, axis, *row.value.interval, middle, 3.0);
    svg.text(right, middle + 4.0, row.value.text, "number", Anchor::kEnd);
  }
}

std::string draw(const BarChart& chart, FigureFrame frame) {
  Svg svg(frame);
  const double top = draw_title(svg, chart.caption);
  const double height = kRowHeight * static_cast<double>(chart.rows.size()) + kAxisHeight;
  draw_bars(svg, {kMargin, top, svg.width() - 2.0 * kMargin, height}, chart.rows, chart.axis);
  return svg.finish(top + height, chart.caption);
}

std::string draw(const GroupChart& chart, FigureFrame frame) {
  constexpr double kPointHeight = 11.0;
  Svg svg(frame);
  double top = draw_title(svg, chart.caption);
  if (chart.series.size() > 1) top = draw_legend(svg, top, chart.series, chart.inks);
  const double names = column_width(chart.groups, svg.width() * 0.4, [](const auto& group) { return group.name; });
  const double row_height = kPointHeight * static_cast<double>(chart.series.size()) + 8.0;
  const double bottom = top + row_height * static_cast<double>(chart.groups.size());
  std::vector<double> ends;
  for (const GroupChart::Group& group : chart.groups) {
    for (const ChartValue& value : group.values) add_ends(value, ends);
  }
  const Axis axis(ends, kMargin + names + kGap, svg.width() - kMargin);
  for (std::size_t place = 0; place < chart.groups.size(); place += 2) {
    const double y = top + row_height * static_cast<double>(place);
    svg.rect({kMargin, y, svg.width() - 2.0 * kMargin, row_height}, "band");
  }
  axis.draw(svg, top, bottom, chart.axis);
  for (std::size_t place = 0; place < chart.groups.size(); ++place) {
    const GroupChart::Group& group = chart.groups[place];
    const double begin = top + row_height * static_cast<double>(place);
    svg.text(kMargin + names, begin + row_height / 2.0 + 4.0, fit_text(group.name, names + 1.0), "ink", Anchor::kEnd);
    for (std::size_t series = 0; series < group.values.size(); ++series) {
      const ChartValue& value = group.values[series];
      if (!value.value || !std::isfinite(*value.value)) continue;
      const double y = begin + 4.0 + kPointHeight * (static_cast<double>(series) + 0.5);
      if (value.interval) draw_whisker(svg, axis, *value.interval, y, 2.5);
      svg.circle(axis.place(*value.value), y, 3.6, chart.inks[series]);
    }
  }
  return svg.finish(bottom + kAxisHeight, chart.caption);
}

std::string draw(const MatrixChart& chart, FigureFrame frame) {
  Svg svg(frame);
  const double top = draw_title(svg, chart.caption);
  const auto count = static_cast<double>(chart.names.size());
  const double names = column_width(chart.names, svg.width() * 0.25, [](const auto& name) { return name; });
  const double left = kMargin + names + kGap;
  const double cell = std::min((svg.width() - left - kMargin) / count, 96.0);
  const double height = std::min(cell, 40.0);
  double largest = 0.0;
  for (const std::optional<double>& value : chart.values) largest = std::max(largest, std::abs(value.value_or(0.0)));
  for (std::size_t row = 0; row < chart.names.size(); ++row) {
    const double y = top + 18.0 + height * static_cast<double>(row);
    svg.text(kMargin + names, y + height / 2.0 + 4.0, fit_text(chart.names[row], names + 1.0), "ink", Anchor::kEnd);
    const double middle = left + cell * (static_cast<double>(row) + 0.5);
    svg.text(middle, top + 10.0, fit_text(chart.names[row], cell - 4.0), "ink", Anchor::kMiddle);
    for (std::size_t column = 0; column < chart.names.size(); ++column) {
      const Box box{left + cell * static_cast<double>(column) + 1.0, y + 1.0, cell - 2.0, height - 2.0};
      const std::size_t place = row * chart.names.size() + column;
      const std::optional<double>& value = chart.values[place];
      svg.rect(box, "band");
      if (!value || !std::isfinite(*value)) continue;
      const double part = largest > 0.0 ? std::abs(*value) / largest : 0.0;
      svg.rect(box, *value < 0.0 ? "neg" : "pos", 0.08 + 0.5 * part);
      const bool fits = text_width(chart.texts[place]) <= cell - 2.0;
      if (fits) svg.text(box.x + box.width / 2.0, y + height / 2.0 + 4.0, chart.texts[place], "ink", Anchor::kMiddle);
    }
  }
  return svg.finish(top + 24.0 + height * count, chart.caption);
}

std::string draw(const StackChart& chart, FigureFrame frame) {
  Svg svg(frame);
  const double top = draw_legend(svg, draw_title(svg, chart.caption), chart.parts, chart.inks);
  const double names = column_width(chart.rows, svg.width() * 0.36, [](const auto& row) { return row.name; });
  const double texts = column_width(chart.rows, svg.width() * 0.3, [](const auto& row) { return row.text; });
  const double left = kMargin + names + kGap;
  const double width = svg.width() - kMargin - texts - kGap - left;
  for (std::size_t place = 0; place < chart.rows.size(); ++place) {
    const StackChart::Row& row = chart.rows[place];
    const double middle = top + kRowHeight * (static_cast<double>(place) + 0.5);
    svg.text(kMargin + names, middle + 4.0, fit_text(row.name, names + 1.0), "ink", Anchor::kEnd);
    svg.text(svg.width() - kMargin, middle + 4.0, row.text, "number", Anchor::kEnd);
    const double total = std::accumulate(row.parts.begin(), row.parts.end(), 0.0);
    double x = left;
    for (std::size_t part = 0; part < row.parts.size() && total > 0.0; ++part) {
      const double own = width * row.parts[part] / total;
      if (own > 0.0) svg.rect({x, middle - 8.0, own, 16.0}, chart.inks[part] + " seam");
      x += own;
    }
  }
  return svg.finish(top + kRowHeight * static_cast<double>(chart.rows.size()) + 8.0, chart.caption);
}

}  // namespace modattr
