#pragma once

#include <optional>
#include <string>

#include "modattr/report/score_table.h"

namespace modattr::testing {

/// What add_permutation_rows() writes about one modality.
struct ExampleScores {
  double score = 0.93;
  std::optional<double> drop{};
  std::optional<double> std_error{};
  std::optional<Interval> ci95{};
  std::optional<double> alone{};
  std::optional<double> task_share{};
  std::optional<double> p_value{};
  std::optional<double> p_value_examples{};
  std::size_t examples = 4000;
};

/// The five rows of permutation importance.
inline void add_permutation_rows(ScoreTable& table, const std::string& modality,
                                 const std::optional<std::string>& group, const ExampleScores& scores) {
  const auto add = [&](const char* definition, std::optional<double> value) -> Score& {
    table.rows.push_back({modality, definition, group, value, {}, {}, scores.examples, {}});
    return table.rows.back();
  };
  Score& drop = add("permutation.drop", scores.drop);
  drop.std_error = scores.std_error;
  drop.ci95 = scores.ci95;
  drop.p_value = scores.p_value;
  drop.p_value_examples = scores.p_value_examples;
  const auto minus_drop = [&](double drop_value) { return scores.score - drop_value; };
  const auto share = [&](double drop_value) { return drop_value / scores.score; };
  add("permutation.without", scores.drop ? std::optional(minus_drop(*scores.drop)) : std::nullopt);
  add("permutation.alone", scores.alone);
  add("perceptual.model", scores.drop ? std::optional(share(*scores.drop)) : std::nullopt);
  add("perceptual.task", scores.task_share);
}

/// Two modalities, no groups.
inline ScoreTable example_table() {
  ScoreTable table;
  table.version = "0.1.0";
  table.command = "permute";
  table.created = "2024-05-01T12:00:00Z";
  table.model = {"runs/3/model.pt", std::string(64, 'a')};
  table.data = {"data/val.npz", std::string(64, 'b')};
  table.example_count = 4000;
  table.config = R"({"seed":7,"model":{"path":"model.pt","kind":"logits"},"metric":"accuracy","alpha":0.1})";
  table.metric = "accuracy";
  table.score = 0.93;
  table.score_ci95 = Interval{0.9221, 0.9378};
  table.evaluations = {0, 4400, 80000};
  table.seconds = 1.93;
  table.seed = 7;
  table.repeat_count = 10;
  add_permutation_rows(table, "image", std::nullopt,
                       {.drop = 0.31201,
                        .std_error = 0.0023,
                        .ci95 = Interval{0.3025, 0.3225},
                        .alone = 0.5512,
                        .task_share = 0.62402,
                        .p_value = 1.0 / 11.0,
                        .p_value_examples = 0.0211});
  add_permutation_rows(table, "text", std::nullopt,
                       {.drop = 0.4123,
                        .std_error = 0.0041,
                        .ci95 = Interval{0.3985, 0.4271},
                        .alone = 0.6011,
                        .task_share = 0.8246,
                        .p_value = 1.0 / 11.0,
                        .p_value_examples = 1e-9});
  return table;
}

/// The same with two groups, one of them with a negative drop and unknown values.
inline ScoreTable grouped_table() {
  ScoreTable table = example_table();
  const auto add_group = [&](const std::string& modality, const std::string& group, ExampleScores scores) {
    scores.score = 0.91;
    scores.examples = 1500;
    add_permutation_rows(table, modality, group, scores);
  };
  add_group("image", "yes/no",
            {.drop = -0.0312,
             .std_error = 0.0012,
             .ci95 = Interval{-0.0381, 0.0012},
             .alone = 0.511,
             .task_share = -0.0624,
             .p_value = 8.0 / 11.0,
             .p_value_examples = 0.4});
  add_group("text", "yes/no",
            {.drop = 0.2812,
             .std_error = 0.0061,
             .ci95 = Interval{0.2626, 0.3008},
             .alone = 0.8811,
             .task_share = 0.5624,
             .p_value = 0.0001,
             .p_value_examples = 0.0002});
  add_group("image", "what colour", {.drop = 0.5012, .std_error = 0.0061, .alone = 0.611});
  add_group("text", "what colour", {});
  table.warnings = {
      "group 'what colour': every example has the same label, so task is not defined; use a larger group"};
  return table;
}

/// Scores of other engines only.
inline ScoreTable shapley_table() {
  ScoreTable table = example_table();
  table.command = "shap";
  table.repeat_count.reset();
  table.legends = {{"lime", "of no row"},
                   {"share", "its part of what all modalities add, in magnitude"},
                   {"shapley",
                    "mean, mean_abs: what it adds to the value, signed and in magnitude; full, empty: the value with "
                    "all data and without any; efficiency_gap: what the parts miss of the difference"}};
  table.rows = {{"image", "shapley.mean", {}, 0.2212, 0.003, Interval{0.21, 0.23}, 4000, {}},
                {"text", "shapley.mean", {}, -0.1212, 0.004, Interval{-0.13, -0.11}, 4000, {}},
                {"image", "share.abs", {}, 0.646, {}, {}, 4000, {}},
                {"text", "share.abs", {}, 0.354, {}, {}, 4000, {}}};
  return table;
}

/// Names that attack a terminal, a CSV reader or markdown.
inline ScoreTable hostile_table() {
  ScoreTable table = example_table();
  table.rows.clear();
  const std::string group = "a\u202Eb|c, \"d\"\n\x1B[2Je\x1B]0;title\x07";
  add_permutation_rows(table, "\x1B[31mred\x1B[0m and a name that is much too long for any table", group,
                       {.drop = 0.25});
  add_permutation_rows(table, "画像と音声", group, {.drop = 0.5});
  add_permutation_rows(table, "broken \xFF\xC3 bytes", group, {.drop = 0.125});
  add_permutation_rows(table, "=1+1", group, {.drop = 0.0625});
  table.warnings = {"group '\x1B[5m|': a\nb"};
  return table;
}

}  // namespace modattr::testing
