#include "svg.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "assets.h"
#include "markup.h"
#include "modattr/report/number_format.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

constexpr double kFontSize = 12.0;
constexpr std::size_t kInkCount = 8;

/// At most two decimals, without trailing zeros.
std::string pixels(double value) {
  std::array<char, 32> text{};
  const double rounded = std::round(value * 100.0) / 100.0;
  const auto end = std::to_chars(text.begin(), text.end(), rounded == 0.0 ? 0.0 : rounded).ptr;
  return {text.begin(), end};
}

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + pixels(value) + "\"";
}

std::string class_attribute(std::string_view ink) {
  return " class=\"" + escape_markup(ink) + "\"";
}

/// The rules of figure.css with the light colours of palette.css in the place of var(--name).
std::string file_style() {
  const std::string_view palette = report_assets().palette;
  std::string style;
  for (std::string_view rest = report_assets().figure; !rest.empty();) {
    constexpr std::string_view kBegin = "var(";
    const std::size_t begin = rest.find(kBegin);
    style += rest.substr(0, begin);
    if (begin == std::string_view::npos) break;
    rest.remove_prefix(begin + kBegin.size());
    const std::size_t end = rest.find(')');
    const std::string name = std::string(rest.substr(0, end)) + ":";
    rest.remove_prefix(end + 1);
    const std::size_t place = palette.find(name);
    if (place == std::string_view::npos) continue;
    const std::string_view value = palette.substr(place + name.size());
    style += value.substr(value.find_first_not_of(' '), value.find(';') - value.find_first_not_of(' '));
  }
  return style;
}

double character_width(char32_t point) {
  constexpr std::string_view kNarrow = "ijl.,:;'|!()[] ftr-/\\I";
  constexpr std::string_view kWide = "mwMW@%ABCDEGHKNOPQRSUVXYZ";
  if (point >= 0x80) return kFontSize * (cell_count(point) == 2 ? 1.0 : cell_count(point) == 0 ? 0.0 : 0.6);
  const char letter = static_cast<char>(point);
  if (kNarrow.find(letter) != std::string_view::npos) return 0.38 * kFontSize;
  return (kWide.find(letter) != std::string_view::npos ? 0.78 : 0.63) * kFontSize;
}

/// 1, 2 or 5 times a power of ten: about a fifth of `range`, more where its `width` in pixels is small.
double nice_step(double range, double width) {
  constexpr double kTickWidth = 60.0;
  const double rough = range / std::clamp(width / kTickWidth, 1.0, 5.0);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * 0.999) return factor * power;
  }
  return 10.0 * power;
}

std::string tick_text(double value, double step) {
  if (std::abs(value) < step / 2.0) return "0";
  if (std::abs(value) >= 1e6 || step < 1e-5) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.begin(), text.end(), value, std::chars_format::general, 3).ptr;
    return {text.begin(), end};
  }
  return format_fixed(value, std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9))));
}

}  // namespace

std::string modality_ink(std::size_t modality) {
  return "m" + std::to_string(modality % kInkCount);
}

std::string culprit_ink(const std::string& name, const std::vector<std::string>& modalities) {
  const auto found = std::ranges::find(modalities, name);
  if (found != modalities.end()) return modality_ink(static_cast<std::size_t>(found - modalities.begin()));
  return name == "model" ? "model" : "undecided";
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t place = 0; place < bytes.size(); place += 3) {
    std::uint32_t group = 0;
    for (std::size_t byte = 0; byte < 3; ++byte) {
      const bool is_there = place + byte < bytes.size();
      group = group << 8U | (is_there ? static_cast<unsigned char>(bytes[place + byte]) : 0U);
    }
    for (std::size_t digit = 0; digit < 4; ++digit) {
      const bool is_filler = place + digit > bytes.size();
      text += is_filler ? '=' : kDigits[group >> (18U - 6U * digit) & 63U];
    }
  }
  return text;
}

double text_width(std::string_view text) {
  double width = 0.0;
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    width += character_width(point.value);
    text.remove_prefix(point.length);
  }
  return width;
}

std::string fit_text(std::string_view text, double width) {
  const std::string clean = sanitize_for_terminal(text);
  if (text_width(clean) <= width) return clean;
  std::string cut;
  double used = kFontSize;
  for (std::string_view rest = clean; !rest.empty();) {
    const CodePoint point = decode_utf8(rest);
    used += character_width(point.value);
    if (used > width) break;
    cut += rest.substr(0, point.length);
    rest.remove_prefix(point.length);
  }
  return cut + "…";
}

void Svg::text(double x, double y, std::string_view text, std::string_view ink, Anchor anchor) {
  body_ += "<text" + attribute("x", x) + attribute("y", y) + class_attribute(ink);
  if (anchor != Anchor::kStart) body_ += anchor == Anchor::kEnd ? " text-anchor=\"end\"" : " text-anchor=\"middle\"";
  body_ += ">" + escape_markup(text) + "</text>\n";
}

void Svg::rect(const Box& box, std::string_view ink, double opacity) {
  body_ += "<rect" + attribute("x", box.x) + attribute("y", box.y) + attribute("width", std::max(box.width, 0.0)) +
           attribute("height", std::max(box.height, 0.0)) + class_attribute(ink);
  if (opacity < 1.0) body_ += attribute("fill-opacity", opacity);
  body_ += "/>\n";
}

void Svg::tiles(const Box& box, const std::vector<PatchPlace>& places, double width, double height,
                std::string_view ink, double opacity) {
  body_ += "<path d=\"";
  for (const PatchPlace& place : places) {
    const auto across = [&](std::size_t count) { return pixels(static_cast<double>(count) * box.width / width); };
    const auto down = [&](std::size_t count) { return pixels(static_cast<double>(count) * box.height / height); };
    body_ += "M" + pixels(box.x + static_cast<double>(place.column) * box.width / width) + " " +
             pixels(box.y + static_cast<double>(place.row) * box.height / height) + "h" + across(place.width) + "v" +
             down(place.height) + "h-" + across(place.width) + "z";
  }
  // Neighbours meet without a seam.
  body_ += "\" shape-rendering=\"crispEdges\"" + class_attribute(ink) + attribute("fill-opacity", opacity) + "/>\n";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view ink) {
  body_ += "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) + attribute("y2", y2) +
           class_attribute(ink) + "/>\n";
}

void Svg::circle(double x, double y, double radius, std::string_view ink) {
  body_ += "<circle" + attribute("cx", x) + attribute("cy", y) + attribute("r", radius) + class_attribute(ink) + "/>\n";
}

void Svg::picture(const Box& box, std::string_view png, bool is_small) {
  body_ += "<image" + attribute("x", box.x) + attribute("y", box.y) + attribute("width", box.width) +
           attribute("height", box.height) + " preserveAspectRatio=\"none\"" +
           (is_small ? " image-rendering=\"pixelated\"" : "") + " href=\"data:image/png;base64," + base64(png) +
           "\"/>\n";
}

std::string Svg::finish(double height, const Caption& caption) const {
  const std::string size = pixels(width_) + " " + pixels(height);
  const std::string label = caption.description.empty() ? caption.title : caption.description;
  if (frame_ == FigureFrame::kPage) {
    return "<svg class=\"figure\" viewBox=\"0 0 " + size + "\" role=\"img\" aria-label=\"" + escape_markup(label) +
           "\">\n" + body_ + "</svg>\n";
  }
  return "<svg xmlns=\"http://www.w3.org/2000/svg\"" + attribute("width", width_) + attribute("height", height) +
         " viewBox=\"0 0 " + size +
         "\" role=\"img\" font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\" font-size=\"12\">\n<title>" +
         escape_markup(caption.title) + "</title>\n<desc>" + escape_markup(label) + "</desc>\n<style>\n" +
         file_style() + "</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n" + body_ + "</svg>\n";
}

Axis::Axis(const std::vector<double>& values, double left, double right) : left_(left), right_(right) {
  double low = 0.0;
  double high = 0.0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (high - low <= 0.0) high = 1.0;
  step_ = nice_step(high - low, right - left);
  // Bars and whiskers may reach beyond the last number, with a little room.
  const double room = 0.02 * (high - low);
  low_ = low < 0.0 ? low - room : 0.0;
  high_ = high > 0.0 ? high + room : 0.0;
}

void Axis::draw(Svg& svg, double top, double bottom, std::string_view title) const {
  for (double tick = std::ceil(low_ / step_) * step_; tick <= high_ + step_ * 1e-6; tick += step_) {
    const bool is_zero = std::abs(tick) < step_ / 2.0;
    const double x = place(is_zero ? 0.0 : tick);
    svg.line(x, top, x, bottom, is_zero ? "zero" : "grid");
    svg.text(x, bottom + 14.0, tick_text(tick, step_), "tick", Anchor::kMiddle);
  }
  svg.text((left_ + right_) / 2.0, bottom + 29.0, title, "tick", Anchor::kMiddle);
}

double draw_title(Svg& svg, const Caption& caption) {
  if (svg.frame() == FigureFrame::kPage) return 4.0;
  svg.text(12.0, 20.0, fit_text(caption.title, svg.width() - 24.0), "title");
  return 12.0 + kTitleHeight;
}

double draw_legend(Svg& svg, double top, const std::vector<std::string>& names, const std::vector<std::string>& inks) {
  constexpr double kLegendMargin = 12.0;
  constexpr double kSwatch = 10.0;
  double x = kLegendMargin;
  double y = top + 12.0;
  for (std::size_t place = 0; place < names.size(); ++place) {
    const std::string name = fit_text(names[place], svg.width() / 2.0);
    const double width = kSwatch + 5.0 + text_width(name) + 16.0;
    if (x > kLegendMargin && x + width > svg.width()) {
      x = kLegendMargin;
      y += 18.0;
    }
    svg.rect({x, y - kSwatch + 1.0, kSwatch, kSwatch}, inks[place]);
    svg.text(x + kSwatch + 5.0, y, name);
    x += width;
  }
  return y + 12.0;
}

}  // namespace modattr
