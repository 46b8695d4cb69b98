#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace modattr {

/// What a rule of the gate is about.
enum class RuleKind : std::uint8_t {
  /// How far a number may move, either way.
  kChange,
  /// How much worse the metric may become.
  kDrop,
  /// A bound on a number of the new result.
  kBound,
  /// Whether modalities keep their order.
  kOrder,
  /// How much of the baseline's ranking is kept.
  kNdcg
};

enum class Relation : std::uint8_t { kAtMost, kLess, kAtLeast, kMore };

/// One rule, not yet looked up in results.
struct Rule {
  /// As it was written, with single spaces at its ends only.
  std::string text;
  RuleKind kind = RuleKind::kChange;
  /// What it is about: `[MODALITY.]DEFINITION`, "metric" or "players", with ` in COLUMN=VALUE`, ` in groups` or ` in
  /// RUN` behind it.
  std::string subject;
  Relation relation = Relation::kAtMost;
  /// Tolerance or bound; of kOrder the largest new difference of two modalities that changed places.
  double limit = 0.0;
  /// Whether the limit of a change is a percentage of the baseline's number.
  bool is_relative = false;
};

/// Reads a rule:
///
///     change of SUBJECT <= TOLERANCE      drop of metric <= TOLERANCE       (TOLERANCE: 0.05, or 5% of the old number)
///     SUBJECT <= BOUND                    order of SUBJECT [<= DIFFERENCE]  (also <, >=, >)
///     ndcg of SUBJECT >= BOUND            ndcg of players >= BOUND
///
/// Throws ConfigError that says what was expected where.
Rule parse_rule(std::string_view text);
std::vector<Rule> parse_rules(std::span<const std::string> texts);

/// "<=", "<", ">=" or ">".
std::string_view relation_sign(Relation relation);
/// Whether `value` is on the right side of `limit`.
bool holds(Relation relation, double value, double limit);

/// Tolerances of the rules that stand where nobody gives some.
struct DefaultTolerances {
  double metric_drop = 0.02;
  /// Of metrics that count errors, which have no common scale: a part of the baseline's score.
  double loss_rise_percent = 2.0;
  double share_change = 0.1;
  /// Of the shares of single groups, which move more.
  double group_share_change = 0.15;
  /// Of permutation.drop, where there are no shares.
  double drop_change = 0.05;
  /// New difference of two modalities that changed places.
  double order_difference = 0.05;
  double ndcg = 0.9;
};

}  // namespace modattr
