#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "modattr/check/rule.h"
#include "modattr/core/attribution.h"
#include "modattr/core/metric.h"
#include "modattr/report/score_table.h"

namespace modattr {

/// One number that a rule judges.
struct JudgedNumber {
  /// For people, e.g. "text.share.abs".
  std::string subject;
  /// Empty where it is of no single one.
  std::string modality = {};
  std::string definition = {};
  std::optional<std::string> group = std::nullopt;
  std::string run = {};
  /// nullopt where there is none or it is not known.
  std::optional<double> old_value = std::nullopt;
  std::optional<double> new_value = std::nullopt;
  /// new - old.
  std::optional<double> change = std::nullopt;
  /// Of the change; of a bound that of the new value; of two modalities whose order flipped that of the new difference.
  std::optional<Interval> interval = std::nullopt;
  /// Most that the change may be, or the bound, in units of the number.
  std::optional<double> limit = std::nullopt;
  /// What the interval is made of: "paired, 4000 examples", "unpaired (...)", "no interval: ...".
  std::string basis = {};
  /// What the order of modalities was and is, e.g. "text > image".
  std::string old_order = {};
  std::string new_order = {};
  bool is_broken = false;
  /// Where it is broken, in a few words.
  std::string reason = {};
};

struct RuleJudgement {
  Rule rule;
  std::vector<JudgedNumber> numbers;

  bool is_broken() const;
};

/// Examples whose answers changed sides, by id.
struct ChangedAnswers {
  std::vector<std::string> right_to_wrong;
  std::vector<std::string> wrong_to_right;
};

/// Numbers of groups that moved; nobody judges them.
struct GroupChanges {
  /// Significant ones, the clearest first.
  std::vector<JudgedNumber> numbers;
  /// Numbers that were compared, and the level of each interval.
  std::size_t comparison_count = 0;
  double level = 0.95;
};

/// Most of them that are shown; JSON holds all.
inline constexpr std::size_t kMostShownGroupChanges = 8;

/// What is told of each of the two results.
struct JudgedResult {
  std::string name;
  std::string version;
  FileIdentity model;
  FileIdentity data;
  std::size_t example_count = 0;
  std::optional<double> score;
};

/// Whether a new result keeps to rules beside a baseline.
struct Judgement {
  JudgedResult baseline;
  JudgedResult next;
  std::string command;
  std::string metric;
  Orientation orientation = Orientation::kHigherIsBetter;
  bool is_strict = false;
  /// Whether nobody gave rules.
  bool has_default_rules = false;
  std::vector<RuleJudgement> rules;
  /// Numbers that were judged by an interval, K, and the level of each, 1 - 0.05 / K.
  std::size_t comparison_count = 0;
  double level = 0.95;
  /// nullopt where results do not tell right answers from wrong ones example by example.
  std::optional<ChangedAnswers> answers;
  GroupChanges groups = {};
  /// One sentence each.
  std::vector<std::string> warnings;

  bool passed() const;
  std::size_t broken_count() const;
};

}  // namespace modattr
