#include "modattr/report/figures/score_charts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "modattr/core/error.h"

namespace modattr {
namespace {

struct DefinitionWords {
  std::string_view definition;
  std::string_view title;
  /// What a number says, in one sentence.
  std::string_view note;
};

constexpr std::array<DefinitionWords, 20> kWords = {
    {{"permutation.drop", "Drop of the score without a modality",
      "What the score loses when the modality's data comes from other examples."},
     {"shapley.mean", "Shapley value", "What the modality adds to the value, mean over the examples."},
     {"share.abs", "Share of all effects", "The modality's part of what all modalities do, in magnitude."},
     {"share.mm_shap", "MM-SHAP", "The part of the modality's features in what all features do, in magnitude."},
     {"interaction.mean", "Interaction",
      "What two modalities add only together, mean over the examples: above 0 synergy, below 0 redundancy."},
     {"pairs.k_sii", "Interactions of features (k-SII)", "What two features add only together, summed by modalities."},
     {"pairs.stii", "Interactions of features (Shapley-Taylor)",
      "What two features add only together, summed by modalities."},
     {"pairs.fsii", "Interactions of features (Faith-SHAP)",
      "What two features add only together, summed by modalities."},
     {"sage", "SAGE", "What the modality takes off the mean loss over the set."},
     {"lime.share", "Share of the coefficients",
      "The modality's part of the magnitudes of the surrogates' coefficients."},
     {"deep.mean", "Deep SHAP, by modality", "What the modality's features add to the value, mean over the examples."},
     {"deep.owen", "Share of the contributions by Deep SHAP",
      "The part of the modality's features in the magnitudes of all contributions."},
     {"ig.mean", "Integrated gradients, by modality",
      "What the modality's features add to the value, mean over the examples."},
     {"ig.share", "Share of the integrated gradients",
      "The part of the modality's features in the magnitudes of all contributions."},
     {"gradient.mean", "Gradients, by modality",
      "What the modality's features add to the value, mean over the examples."},
     {"gradient.share", "Share of the gradients",
      "The part of the modality's features in the magnitudes of all contributions."},
     {"tree.path_mean", "Tree SHAP, by modality", "What the modality adds to the value, mean over the examples."},
     {"tree.path", "Share of the contributions by Tree SHAP",
      "The part of the modality's columns in what all columns add, in magnitude."},
     {"trace.count", "Verdicts on wrong answers", "Below the run's threshold the evidence carries no verdict."},
     {"trace.share", "Estimated share of the wrong answers",
      "The part of the wrong answers that is due to it; undecided ones count in parts."}}};

/// Those that stand in a figure of their own.
constexpr std::array<std::string_view, 18> kCharted = {
    "permutation.drop", "shapley.mean", "share.abs",     "share.mm_shap",  "interaction.mean", "pairs.k_sii",
    "pairs.stii",       "pairs.fsii",   "sage",          "lime.share",     "deep.mean",        "deep.owen",
    "ig.mean",          "ig.share",     "gradient.mean", "gradient.share", "tree.path_mean",   "tree.path"};

bool is_row_of(const Score& row, const std::string& run, const std::string& definition) {
  return row.run == run && row.definition == definition;
}

ChartValue value_of(const Score& row, const NumberFormat& format) {
  ChartValue value{.value = row.value, .interval = row.ci95, .text = format(row.value, "–")};
  if (row.ci95) value.text += " [" + format(row.ci95->low, "–") + ", " + format(row.ci95->high, "–") + "]";
  return value;
}

std::string ink_of(const std::string& name, const std::vector<std::string>& modalities) {
  if (name == "model" || name == "undecided") return culprit_ink(name, modalities);
  const auto found = std::ranges::find(modalities, name);
  return found == modalities.end() ? "model" : modality_ink(static_cast<std::size_t>(found - modalities.begin()));
}

std::string axis_of(const ScoreTable& table, const std::string& definition) {
  if (definition == "permutation.drop") return "drop of " + table.metric;
  const bool is_share = definition.starts_with("share.") || definition.ends_with(".share") ||
                        definition == "deep.owen" || definition == "tree.path";
  if (is_share) return "share";
  // Of a run that has just ended it is known what was explained.
  return table.explained.empty() ? "in units of the value" : table.explained.front();
}

/// "image 0.58 [0.57, 0.59]; text 0.81 [0.80, 0.82]".
std::string described(const BarChart& chart) {
  std::string text = chart.caption.title + ":";
  for (const BarChart::Row& row : chart.rows) text += " " + row.name + " " + row.value.text + ";";
  if (text.ends_with(';')) text.back() = '.';
  return text;
}

}  // namespace

std::string definition_title(const std::string& definition) {
  const auto found = std::ranges::find(kWords, definition, &DefinitionWords::definition);
  return found == kWords.end() ? definition : std::string(found->title);
}

std::string definition_note(const std::string& definition) {
  const auto found = std::ranges::find(kWords, definition, &DefinitionWords::definition);
  return found == kWords.end() ? "" : std::string(found->note);
}

NumberFormat definition_format(const ScoreTable& table, const std::string& run, const std::string& definition) {
  std::vector<double> magnitudes;
  std::vector<double> errors;
  for (const Score& row : table.rows) {
    if (!is_row_of(row, run, definition)) continue;
    if (row.value) magnitudes.push_back(std::abs(*row.value));
    if (row.std_error) errors.push_back(std::abs(*row.std_error));
  }
  return NumberFormat::of_column(magnitudes, errors, table.orientation);
}

std::vector<std::string> charted_definitions(const ScoreTable& table, const std::string& run) {
  std::vector<std::string> definitions;
  for (const Score& row : table.rows) {
    const bool is_charted = std::ranges::find(kCharted, row.definition) != kCharted.end();
    const bool is_new = std::ranges::find(definitions, row.definition) == definitions.end();
    if (row.run == run && !row.group && is_charted && is_new) definitions.push_back(row.definition);
  }
  return definitions;
}

BarChart bar_chart(const ScoreTable& table, const std::string& run, const std::string& definition) {
  BarChart chart{.caption = {.title = definition_title(definition)}, .axis = axis_of(table, definition), .rows = {}};
  const NumberFormat format = definition_format(table, run, definition);
  for (const Score& row : table.rows) {
    if (!is_row_of(row, run, definition) || row.group) continue;
    chart.rows.push_back(
        {.name = row.modality, .ink = ink_of(row.modality, table.modalities), .value = value_of(row, format)});
  }
  chart.caption.description = described(chart);
  return chart;
}

std::optional<GroupChart> group_chart(const ScoreTable& table, const std::string& run, const std::string& definition) {
  GroupChart chart{.caption = {.title = definition_title(definition) + ", by group"},
                   .axis = axis_of(table, definition),
                   .series = {},
                   .inks = {},
                   .groups = {}};
  const NumberFormat format = definition_format(table, run, definition);
  const auto place_in = [](std::vector<std::string>& names, const std::string& name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) names.push_back(name);
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  };
  for (const Score& row : table.rows) {
    if (!is_row_of(row, run, definition) || !row.group) continue;
    const std::size_t series = place_in(chart.series, row.modality);
    auto group = std::ranges::find(chart.groups, *row.group, &GroupChart::Group::name);
    if (group == chart.groups.end())
      group = chart.groups.insert(chart.groups.end(), {.name = *row.group, .values = {}});
    if (group->values.size() <= series) group->values.resize(series + 1);
    group->values[series] = value_of(row, format);
  }
  if (chart.groups.empty()) return std::nullopt;
  for (const std::string& name : chart.series) chart.inks.push_back(ink_of(name, table.modalities));
  chart.caption.description = chart.caption.title + "; the numbers are in the table of all numbers.";
  return chart;
}

std::optional<MatrixChart> matrix_chart(const ScoreTable& table, const std::string& run,
                                        const std::string& definition) {
  MatrixChart chart{
      .caption = {.title = definition_title(definition)}, .names = table.modalities, .values = {}, .texts = {}};
  const std::size_t count = chart.names.size();
  if (count < 3) return std::nullopt;
  chart.values.resize(count * count);
  chart.texts.resize(count * count);
  const NumberFormat format = definition_format(table, run, definition);
  bool has_pair = false;
  for (const Score& row : table.rows) {
    if (!is_row_of(row, run, definition) || row.group) continue;
    for (std::size_t first = 0; first < count; ++first) {
      for (std::size_t second = 0; second < count; ++second) {
        const bool is_own = first == second && row.modality == chart.names[first];
        if (!is_own && row.modality != chart.names[first] + "|" + chart.names[second]) continue;
        has_pair = has_pair || !is_own;
        for (const std::size_t place : {first * count + second, second * count + first}) {
          chart.values[place] = row.value;
          chart.texts[place] = format(row.value, "–");
        }
      }
    }
  }
  if (!has_pair) return std::nullopt;
  chart.caption.description = chart.caption.title + " of every pair of modalities; the numbers are in the table below.";
  return chart;
}

std::optional<StackChart> verdict_chart(const ScoreTable& table, const std::string& run) {
  StackChart chart{.caption = {.title = definition_title("trace.count")}, .parts = {}, .inks = {}, .rows = {}};
  for (const Score& row : table.rows) {
    if (!is_row_of(row, run, "trace.count")) continue;
    auto part = std::ranges::find(chart.parts, row.modality);
    if (part == chart.parts.end()) part = chart.parts.insert(chart.parts.end(), row.modality);
    const auto place = static_cast<std::size_t>(part - chart.parts.begin());
    const std::string name = row.group.value_or("all");
    // All examples come first: a group of that name is a row of its own.
    const bool is_first = !row.group;
    auto own = is_first ? chart.rows.begin()
                        : std::ranges::find(chart.rows.begin() + std::min<std::ptrdiff_t>(1, std::ssize(chart.rows)),
                                            chart.rows.end(), name, &StackChart::Row::name);
    if (own == chart.rows.end()) own = chart.rows.insert(chart.rows.end(), {.name = name, .parts = {}, .text = {}});
    if (own->parts.size() <= place) own->parts.resize(place + 1, 0.0);
    own->parts[place] = row.value.value_or(0.0);
  }
  if (chart.rows.empty()) return std::nullopt;
  for (const std::string& part : chart.parts) chart.inks.push_back(ink_of(part, table.modalities));
  std::string description = chart.caption.title + ":";
  for (StackChart::Row& row : chart.rows) {
    row.parts.resize(chart.parts.size(), 0.0);
    double total = 0.0;
    for (const double count : row.parts) total += count;
    row.text = format_fixed(total, 0);
  }
  for (std::size_t part = 0; part < chart.parts.size(); ++part) {
    description += " " + chart.parts[part] + " " + format_fixed(chart.rows.front().parts[part], 0) + ",";
  }
  description.back() = '.';
  chart.caption.description = description;
  return chart;
}

std::string score_figure(const ScoreTable& table) {
  if (const std::optional<StackChart> verdicts = verdict_chart(table, "")) return draw(*verdicts, FigureFrame::kFile);
  const std::vector<std::string> definitions = charted_definitions(table, "");
  for (const std::string& definition : definitions) {
    if (const std::optional<MatrixChart> matrix = matrix_chart(table, "", definition);
        matrix && definitions.size() == 1)
      return draw(*matrix, FigureFrame::kFile);
    if (const std::optional<GroupChart> groups = group_chart(table, "", definition)) {
      GroupChart all = *groups;
      // The whole set stands above its groups.
      GroupChart::Group whole{.name = "all examples", .values = {}};
      const BarChart bars = bar_chart(table, "", definition);
      for (const std::string& series : all.series) {
        const auto row = std::ranges::find(bars.rows, series, &BarChart::Row::name);
        whole.values.push_back(row == bars.rows.end() ? ChartValue{} : row->value);
      }
      all.groups.insert(all.groups.begin(), std::move(whole));
      all.caption.title = definition_title(definition);
      return draw(all, FigureFrame::kFile);
    }
    return draw(bar_chart(table, "", definition), FigureFrame::kFile);
  }
  throw DataError("figure: expected scores that can be drawn, got none");
}

}  // namespace modattr
