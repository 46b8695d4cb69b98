#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modattr/check/result_set.h"
#include "modattr/check/rule.h"

namespace modattr {

enum class SubjectKind : std::uint8_t {
  /// Rows of a definition.
  kRows,
  kMetric,
  /// Features of examples.
  kPlayers
};

/// What a rule is about, found in the results.
struct RuleSubject {
  SubjectKind kind = SubjectKind::kRows;
  /// nullopt: all that have rows.
  std::optional<std::string> modality = std::nullopt;
  std::string definition = {};
  /// As rows hold it; nullopt: all examples.
  std::optional<std::string> group = std::nullopt;
  /// Every group, instead of one.
  bool is_every_group = false;
  /// Only this run; nullopt: every run that has it.
  std::optional<std::string> run = std::nullopt;
};

/// Looks up what `rule` is about among the rows of both results. Names of modalities may hold any character: the
/// longest name that fits is meant. Throws ConfigError that names the nearest known word where there is none of it.
RuleSubject find_subject(const Rule& rule, const ResultSet& baseline, const ResultSet& next);

/// One number of both results.
struct RowPair {
  /// nullptr only of a bound, which reads the new result alone.
  const Score* old_row = nullptr;
  const Score* new_row = nullptr;
};

/// The rows of a subject of kind kRows, in the order of the new result. Throws ConfigError where one of the results
/// lacks one of them; for `kBound` the new one is enough.
std::vector<RowPair> rows_of(const RuleSubject& subject, const Rule& rule, const ResultSet& baseline,
                             const ResultSet& next);

/// For people: "text.share.abs", with " in shap-2" where several runs of the table have it, and " in GROUP".
std::string subject_of(const Score& row, const ScoreTable& table);

/// The engine behind a run, e.g. "shap" of the run "shap-2"; the command where `run` is empty.
std::string engine_of(const ScoreTable& table, const std::string& run);

}  // namespace modattr
