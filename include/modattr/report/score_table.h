#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/definition_legend.h"
#include "modattr/core/metric.h"

namespace modattr {

/// A file that a result depends on.
struct FileIdentity {
  std::string path;
  /// Lower-case hexadecimal SHA-256 of its content.
  std::string sha256;
};

/// How often each part of the model ran.
struct EvaluationCounts {
  /// Whole forward passes, in examples.
  std::uint64_t model = 0;
  /// Encoder passes, in examples.
  std::uint64_t encoder = 0;
  /// Runs of the part behind the encoders, in examples.
  std::uint64_t fusion = 0;
};

/// What a modality of an example says, in words.
struct ExampleText {
  std::size_t modality = 0;
  std::string text;
};

/// An example that is explained one by one, or the whole set.
struct ExampleRecord {
  /// Of the data's id column, or the row's number; nullopt for the whole set.
  std::optional<std::string> id;
  /// Class, or value of a regression.
  std::optional<double> label;
  /// The most probable class; nullopt for regressions.
  std::optional<std::size_t> predicted;
  /// Class, or column of a regression's output, that is explained; nullopt for the whole set and for
  /// label tokens.
  std::optional<std::size_t> target;
  ExampleAttribution attribution;
  /// Value of the data's group column; nullopt where it has none.
  std::optional<std::string> group = std::nullopt;
  /// Names of the label's class, the predicted one and the explained one, where they have some.
  std::optional<std::string> label_name = std::nullopt;
  std::optional<std::string> predicted_name = std::nullopt;
  std::optional<std::string> target_name = std::nullopt;
  /// Names of the labels that are true of it, where there may be several (multilabel) and they have names.
  std::optional<std::vector<std::string>> label_names = std::nullopt;
  /// The words of modalities that are texts.
  std::vector<ExampleText> texts = {};
  /// Name of the run that explains it, where a table holds several; else empty.
  std::string run = {};
};

/// How traced examples were found; they stand in trace.jsonl, all others in examples.jsonl.
inline constexpr std::string_view kTraceMethod = "trace";

/// How the drops of single examples were found; they stand in files only.
inline constexpr std::string_view kPermutationMethod = "permutation";

inline bool is_trace(const ExampleRecord& record) {
  return record.attribution.method == kTraceMethod;
}

/// Everything that one command found out, and what is needed to find it again.
struct ScoreTable {
  /// Version of modattr.
  std::string version;
  /// The subcommand, e.g. "permute".
  std::string command;
  /// Time of the run in UTC, ISO 8601, e.g. "2024-05-01T12:00:00Z".
  std::string created;
  FileIdentity model;
  FileIdentity data;
  /// Examples of the data that were used.
  std::size_t example_count = 0;
  /// The configuration in force: a serialised JSON object; empty counts as {}.
  std::string config;
  std::string metric;
  Orientation orientation = Orientation::kHigherIsBetter;
  /// Score of the model on the untouched data.
  std::optional<double> score;
  std::optional<Interval> score_ci95;
  EvaluationCounts evaluations;
  double seconds = 0.0;
  /// In the order of the configuration.
  std::vector<Score> rows;
  /// What the definitions of the rows say; families without one go without, and those without rows are not shown.
  std::vector<DefinitionLegend> legends;
  /// Definitions whose rows keep_main_definitions() took out.
  std::vector<std::string> hidden_definitions;
  /// Names of the modalities, which the examples' scores refer to.
  std::vector<std::string> modalities;
  /// Which of them were asked for; empty = all.
  std::vector<std::size_t> asked_modalities;
  std::vector<ExampleRecord> examples;
  /// What was explained and how, in a few words each; nothing where single answers are not explained. In files it is
  /// part of `config`.
  std::vector<std::string> explained;
  /// Whether they were asked for by id.
  bool examples_are_chosen = false;
  /// One sentence each.
  std::vector<std::string> warnings;
  /// Shown above the terminal table when known; in files both are part of `config`.
  std::optional<std::uint64_t> seed;
  std::optional<std::size_t> repeat_count;
};

/// Whether the model was scored at all: without labels there is nothing to say about its score.
inline bool has_metric(const ScoreTable& table) {
  return table.metric != "none";
}

}  // namespace modattr
