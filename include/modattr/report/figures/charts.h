#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "modattr/core/attribution.h"

namespace modattr {

/// Where a figure goes. In a page it takes the colours of the page, also dark ones, and is as wide as a column; a file
/// of its own has its colours in it, on white.
enum class FigureFrame { kPage, kFile };

/// What a figure is about: a title, and a sentence that stands for it where it cannot be seen.
struct Caption {
  std::string title;
  std::string description = {};
};

/// The colour of a modality: a class of figure.css, the same everywhere. From the ninth on they repeat.
std::string modality_ink(std::size_t modality);
/// Of a part of the errors: a modality by its name, "model" or "undecided".
std::string culprit_ink(const std::string& name, const std::vector<std::string>& modalities);

/// A number with its interval, on an axis that it shares with others.
struct ChartValue {
  std::optional<double> value;
  std::optional<Interval> interval = std::nullopt;
  /// The number as it is printed.
  std::string text = {};
};

/// Bars from zero, one per row, with intervals as whiskers.
struct BarChart {
  struct Row {
    std::string name;
    std::string ink;
    ChartValue value;
  };
  Caption caption;
  /// What the axis counts.
  std::string axis;
  std::vector<Row> rows;
};

/// Points with whiskers, group by group, one per series.
struct GroupChart {
  struct Group {
    std::string name;
    /// [series]
    std::vector<ChartValue> values;
  };
  Caption caption;
  std::string axis;
  /// Names and colours.
  std::vector<std::string> series;
  std::vector<std::string> inks;
  std::vector<Group> groups;
};

/// A symmetric matrix of signed numbers: the shade is the magnitude, the colour the sign.
struct MatrixChart {
  Caption caption;
  std::vector<std::string> names;
  /// [names * names], row-major; what is not known is left empty.
  std::vector<std::optional<double>> values;
  /// The same as it is printed.
  std::vector<std::string> texts;
};

/// Rows that are cut into parts of 100 %.
struct StackChart {
  struct Row {
    std::string name;
    /// At least 0; [parts].
    std::vector<double> parts;
    /// What stands behind the row.
    std::string text;
  };
  Caption caption;
  std::vector<std::string> parts;
  std::vector<std::string> inks;
  std::vector<Row> rows;
};

/// Each as one SVG element, or for kFile as a whole file. Names are shown as they are, without control characters.
std::string draw(const BarChart& chart, FigureFrame frame);
std::string draw(const GroupChart& chart, FigureFrame frame);
std::string draw(const MatrixChart& chart, FigureFrame frame);
std::string draw(const StackChart& chart, FigureFrame frame);

}  // namespace modattr
