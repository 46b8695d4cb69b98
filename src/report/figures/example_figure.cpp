#include "modattr/report/figures/example_figure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "modattr/report/figures/score_charts.h"
#include "modattr/report/number_format.h"
#include "modattr/report/pixel_region.h"
#include "modattr/report/text.h"
#include "svg.h"

namespace modattr {
namespace {

constexpr double kEdge = 12.0;
constexpr double kSide = 216.0;
constexpr double kPadding = 16.0;
constexpr std::size_t kMostBars = 10;

std::string class_or_number(const std::optional<std::string>& name, const std::optional<double>& number) {
  if (name) return *name;
  if (!number) return "";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.begin(), text.end(), *number, std::chars_format::general, 6).ptr;
  return {text.begin(), end};
}

const Detail* find_detail(const std::vector<Detail>& details, std::string_view name) {
  const auto found = std::ranges::find(details, name, &Detail::name);
  return found == details.end() ? nullptr : &*found;
}

std::string heading_of(const ExampleRecord& record) {
  std::string text = record.id ? "Example " + *record.id : "The whole set";
  const std::string label = class_or_number(record.label_name, record.label);
  const std::string answer = class_or_number(
      record.predicted_name, record.predicted ? std::optional(static_cast<double>(*record.predicted)) : std::nullopt);
  if (!label.empty()) text += " · label " + label;
  if (!answer.empty()) text += " · answer " + answer;
  const Detail* verdict = find_detail(record.attribution.details, "verdict");
  const auto* word = verdict == nullptr ? nullptr : std::get_if<std::string>(&verdict->value);
  return word == nullptr ? text : text + " · verdict: " + *word;
}

/// What is behind an error, part by part; empty for examples that were not traced.
std::vector<BarChart::Row> culprit_rows(const ExampleRecord& record, const std::vector<std::string>& modalities) {
  std::vector<BarChart::Row> rows;
  const Detail* parts = find_detail(record.attribution.details, "probability");
  const auto* object = parts == nullptr ? nullptr : std::get_if<Detail::Object>(&parts->value);
  if (object == nullptr) return rows;
  for (const Detail& part : object->members) {
    const auto* value = std::get_if<double>(&part.value);
    if (value == nullptr) continue;
    rows.push_back({.name = part.name,
                    .ink = culprit_ink(part.name, modalities),
                    .value = {.value = *value, .text = format_fixed(100.0 * *value, 1) + " %"}});
  }
  return rows;
}

BarChart::Row signed_row(std::string name, double value, const std::optional<double>& error,
                         const NumberFormat& format) {
  BarChart::Row row{.name = std::move(name), .ink = value < 0.0 ? "neg" : "pos", .value = {.value = value}};
  if (error && *error > 0.0) row.value.interval = Interval{value - 1.96 * *error, value + 1.96 * *error};
  row.value.text = (value > 0.0 ? "+" : "") + format(value, "–");
  return row;
}

/// The strongest features, or where there are none what each modality adds.
std::vector<BarChart::Row> effect_rows(const ExampleRecord& record, const std::vector<std::string>& modalities) {
  const ExampleAttribution& attribution = record.attribution;
  std::vector<BarChart::Row> rows;
  if (attribution.players.empty()) {
    std::vector<double> magnitudes;
    for (const double value : attribution.modalities) magnitudes.push_back(std::abs(value));
    const NumberFormat format = NumberFormat::of_column(magnitudes, {}, Orientation::kHigherIsBetter);
    for (std::size_t place = 0; place < attribution.modalities.size(); ++place) {
      rows.push_back(signed_row(modalities[place], attribution.modalities[place], std::nullopt, format));
      rows.back().ink = modality_ink(place);
    }
    return rows;
  }
  std::vector<const PlayerScore*> players;
  for (const PlayerScore& player : attribution.players) {
    if (std::isfinite(player.value) && player.value != 0.0) players.push_back(&player);
  }
  std::ranges::stable_sort(players, [](const PlayerScore* one, const PlayerScore* other) {
    return std::abs(one->value) > std::abs(other->value);
  });
  players.resize(std::min(players.size(), kMostBars));
  std::vector<double> magnitudes;
  for (const PlayerScore* player : players) magnitudes.push_back(std::abs(player->value));
  const NumberFormat format = NumberFormat::of_column(magnitudes, {}, Orientation::kHigherIsBetter);
  for (const PlayerScore* player : players) {
    rows.push_back(
        signed_row(modalities[player->modality] + " " + player->label, player->value, player->std_error, format));
  }
  return rows;
}

double largest_of(const ExampleAttribution& attribution, std::size_t modality) {
  double largest = 0.0;
  for (const PlayerScore& player : attribution.players) {
    if (player.modality == modality && std::isfinite(player.value)) largest = std::max(largest, std::abs(player.value));
  }
  return largest;
}

/// Draws a text word by word from `y` on, each as its player says; returns where the figure goes on.
double draw_words(Svg& svg, double y, const ExampleRecord& record, std::size_t modality, const std::string& name) {
  const double largest = largest_of(record.attribution, modality);
  svg.text(kEdge, y + 14.0, name, "tick");
  const double left = kEdge + text_width(name) + 10.0;
  double x = left;
  bool is_any = false;
  for (const PlayerScore& player : record.attribution.players) {
    if (player.modality != modality || player.patch || player.region) continue;
    is_any = true;
    const std::string word = fit_text(player.label, svg.width() / 2.0);
    const double width = text_width(word) + 8.0;
    if (x > left && x + width > svg.width() - kEdge) {
      x = left;
      y += 22.0;
    }
    const double part = largest > 0.0 ? std::abs(player.value) / largest : 0.0;
    if (part >= 0.02) svg.rect({x, y, width, 19.0}, player.value < 0.0 ? "neg" : "pos", 0.06 + 0.5 * part);
    svg.text(x + width / 2.0, y + 14.0, word, "ink", Anchor::kMiddle);
    x += width + 3.0;
  }
  if (is_any) return y + 30.0;
  const auto text = std::ranges::find(record.texts, modality, &ExampleText::modality);
  if (text == record.texts.end()) return y;
  svg.text(left, y + 14.0, fit_text(text->text, svg.width() - left - kEdge));
  return y + 30.0;
}

/// First step and end of a segment, which its name holds: "1000:2000", or behind the name of an input.
std::optional<std::array<double, 2>> stretch_of(const std::string& label) {
  const std::size_t colon = label.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::size_t begin = label.find_last_of(' ', colon) + 1;
  const auto number = [&](std::size_t from, std::size_t to) -> std::optional<double> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(label.data() + from, label.data() + to, value);
    if (error != std::errc() || end != label.data() + to) return std::nullopt;
    return static_cast<double>(value);
  };
  const std::optional<double> first = number(begin, colon);
  const std::optional<double> end = number(colon + 1, label.size());
  return first && end ? std::optional(std::array{*first, *end}) : std::nullopt;
}

/// Draws a picture, and its patches or segments; returns its height.
double draw_picture(Svg& svg, double y, const ExampleRecord& record, const ExamplePicture& picture) {
  const auto width = static_cast<double>(picture.width);
  const auto height = static_cast<double>(picture.height);
  const double scale = picture.is_sound ? kSide / width : kSide / std::max(width, height);
  const Box box{kEdge, y, width * scale, picture.is_sound ? kSide * 0.4 : height * scale};
  svg.picture(box, picture.png, std::max(width, height) <= 128.0 && !picture.is_sound);
  const double largest = largest_of(record.attribution, picture.modality);
  for (const PlayerScore& player : record.attribution.players) {
    if (player.modality != picture.modality || largest == 0.0) continue;
    if (player.value == 0.0 || !std::isfinite(player.value)) continue;
    const std::string style = player.value < 0.0 ? "neg" : "pos";
    const double opacity = 0.75 * std::abs(player.value) / largest;
    if (player.region && player.region->width == picture.width && player.region->height == picture.height) {
      svg.tiles(box, rectangles_of(*player.region), width, height, style, opacity);
    }
    if (player.patch) {
      svg.rect({box.x + static_cast<double>(player.patch->column) * scale,
                box.y + static_cast<double>(player.patch->row) * scale,
                static_cast<double>(player.patch->width) * scale, static_cast<double>(player.patch->height) * scale},
               style, opacity);
    } else if (const auto stretch = picture.is_sound ? stretch_of(player.label) : std::nullopt) {
      const auto [first, end] = *stretch;
      svg.rect({box.x + first * scale, box.y, (end - first) * scale, box.height}, style, opacity);
    }
  }
  svg.rect(box, "frame");
  return box.height;
}

/// Whether a modality is shown as words.
bool has_words(const ExampleRecord& record, std::size_t modality) {
  return std::ranges::find(record.texts, modality, &ExampleText::modality) != record.texts.end();
}

double draw_example(Svg& svg, double y, const ExampleRecord& record, const ScoreTable& table,
                    std::span<const ExamplePicture> pictures) {
  svg.text(kEdge, y + 14.0, fit_text(heading_of(record), svg.width() - 2.0 * kEdge), "title");
  y += 28.0;
  for (std::size_t modality = 0; modality < table.modalities.size(); ++modality) {
    if (has_words(record, modality)) y = draw_words(svg, y, record, modality, table.modalities[modality]);
  }
  double left = kEdge;
  double height = 0.0;
  for (const ExamplePicture& picture : pictures) {
    if (picture.id != record.id.value_or("") || picture.width == 0 || picture.height == 0) continue;
    height += draw_picture(svg, y + height, record, picture) + 8.0;
    left = kEdge + kSide + kPadding;
  }
  std::vector<BarChart::Row> rows = culprit_rows(record, table.modalities);
  const bool is_traced = !rows.empty();
  if (!is_traced) rows = effect_rows(record, table.modalities);
  if (rows.empty()) return y + height;
  draw_bars(svg, {left, y, svg.width() - kEdge - left, 0.0}, rows,
            is_traced ? "probability that it is behind the error" : "what it adds to the value");
  return y + std::max(height, kRowHeight * static_cast<double>(rows.size()) + kAxisHeight);
}

}  // namespace

std::string example_figure(const ScoreTable& table, std::span<const ExamplePicture> pictures) {
  Svg svg(FigureFrame::kFile);
  double y = kEdge;
  std::string title;
  const std::size_t count = std::min(table.examples.size(), kMostDrawnExamples);
  for (std::size_t place = 0; place < count; ++place) {
    y = draw_example(svg, y, table.examples[place], table, pictures) + kPadding;
    title += (title.empty() ? "" : "; ") + heading_of(table.examples[place]);
  }
  return svg.finish(y, {.title = title, .description = table.command + ": " + title});
}

std::string table_figure(const ScoreTable& table, std::span<const ExamplePicture> pictures) {
  const bool has_examples = table.examples_are_chosen && !table.examples.empty() &&
                            table.examples.front().attribution.method != kPermutationMethod;
  return has_examples ? example_figure(table, pictures) : score_figure(table);
}

}  // namespace modattr
