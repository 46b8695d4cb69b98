#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modattr/report/figures/charts.h"

namespace modattr {

enum class Anchor { kStart, kMiddle, kEnd };

/// A place and size in a figure, in pixels.
struct Box {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;
};

/// An SVG that is drawn from top to bottom. Colours are classes of figure.css. Texts and classes' names are escaped.
class Svg {
 public:
  /// The usual width of a figure in `frame`.
  explicit Svg(FigureFrame frame) : frame_(frame), width_(frame == FigureFrame::kPage ? 400.0 : 640.0) {}

  double width() const noexcept { return width_; }
  FigureFrame frame() const noexcept { return frame_; }

  /// `y` is the base line.
  void text(double x, double y, std::string_view text, std::string_view ink = "ink", Anchor anchor = Anchor::kStart);
  void rect(const Box& box, std::string_view ink, double opacity = 1.0);
  /// Parts of a picture in `box`; `places` in its pixels, of which it has width x height.
  void tiles(const Box& box, const std::vector<PatchPlace>& places, double width, double height, std::string_view ink,
             double opacity);
  void line(double x1, double y1, double x2, double y2, std::string_view ink);
  void circle(double x, double y, double radius, std::string_view ink);
  /// A PNG, scaled without smoothing where it is small.
  void picture(const Box& box, std::string_view png, bool is_small);

  std::string finish(double height, const Caption& caption) const;

 private:
  FigureFrame frame_;
  double width_;
  std::string body_;
};

/// About how wide a text is, in pixels at the figures' size of 12.
double text_width(std::string_view text);
/// A text cut to about `width` pixels; a cut one ends in "…".
std::string fit_text(std::string_view text, double width);

/// Bytes as base64.
std::string base64(std::string_view bytes);

/// Numbers that an axis names, and where they lie.
class Axis {
 public:
  /// Holds zero and all `values`, between `left` and `right` pixels.
  Axis(const std::vector<double>& values, double left, double right);

  double place(double value) const { return left_ + (value - low_) / (high_ - low_) * (right_ - left_); }
  double left() const noexcept { return left_; }
  double right() const noexcept { return right_; }

  /// Grid lines from `top` to `bottom`, the zero line, numbers below them, and below those what the axis counts. The
  /// height that all of it takes below `bottom` is kAxisHeight.
  void draw(Svg& svg, double top, double bottom, std::string_view title) const;

 private:
  double low_ = 0.0;
  double high_ = 1.0;
  double step_ = 1.0;
  double left_;
  double right_;
};

inline constexpr double kAxisHeight = 34.0;
inline constexpr double kTitleHeight = 24.0;

/// Bars with names and numbers in `box`, whose height is kRowHeight by row and kAxisHeight.
void draw_bars(Svg& svg, const Box& box, const std::vector<BarChart::Row>& rows, std::string_view axis);

inline constexpr double kRowHeight = 24.0;

/// Draws the title of a file; in a page it stands above the figure. Returns where the figure begins.
double draw_title(Svg& svg, const Caption& caption);

/// Names in their colours, in as many lines as it takes; returns where the figure goes on.
double draw_legend(Svg& svg, double top, const std::vector<std::string>& names, const std::vector<std::string>& inks);

}  // namespace modattr
