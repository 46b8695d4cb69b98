#include "modattr/check/group_changes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "modattr/check/change_errors.h"
#include "modattr/check/rule_subject.h"
#include "modattr/stats/student.h"

namespace modattr {
namespace {

constexpr double kGroupFamilyError = 0.05;
constexpr std::array<std::string_view, 6> kGroupDefinitions = {"permutation.drop", "share.abs",  "share.owen",
                                                               "share.mm_shap",    "lime.share", "trace.share"};

struct GroupChange {
  JudgedNumber number;
  ChanceError chance;
};

const Score* find_row(const ScoreTable& table, const Score& like) {
  const auto found = std::ranges::find_if(table.rows, [&](const Score& row) {
    return row.run == like.run && row.modality == like.modality && row.definition == like.definition &&
           row.group == like.group;
  });
  return found == table.rows.end() ? nullptr : &*found;
}

}  // namespace

GroupChanges group_changes(const ResultSet& baseline, const ResultSet& next, std::size_t thread_count) {
  ChangeErrors errors(baseline, next, thread_count);
  std::vector<GroupChange> changes;
  for (const Score& row : next.table.rows) {
    if (!row.group || !row.value) continue;
    if (std::ranges::find(kGroupDefinitions, row.definition) == kGroupDefinitions.end()) continue;
    const Score* const old_row = find_row(baseline.table, row);
    if (old_row == nullptr || !old_row->value) continue;
    GroupChange change{.number = {.subject = subject_of(row, next.table),
                                  .modality = row.modality,
                                  .definition = row.definition,
                                  .group = row.group,
                                  .run = row.run,
                                  .old_value = old_row->value,
                                  .new_value = row.value,
                                  .change = *row.value - *old_row->value},
                       .chance = errors.of_change({old_row, &row})};
    if (!change.chance.error) continue;
    change.number.basis = change.chance.basis;
    changes.push_back(std::move(change));
  }
  GroupChanges result{.numbers = {}, .comparison_count = changes.size()};
  if (changes.empty()) return result;
  result.level = 1.0 - kGroupFamilyError / static_cast<double>(changes.size());
  // In standard errors; a change without any error is the clearest.
  const auto clearness = [](const GroupChange& change) {
    const double size = std::abs(*change.number.change);
    return *change.chance.error == 0.0 ? (size > 0.0 ? HUGE_VAL : 0.0) : size / *change.chance.error;
  };
  std::ranges::stable_sort(changes, std::greater{}, clearness);
  for (GroupChange& change : changes) {
    const double reach =
        *change.chance.error == 0.0
            ? 0.0
            : -student_quantile((1.0 - result.level) / 2.0, change.chance.degrees_of_freedom) * *change.chance.error;
    if (std::abs(*change.number.change) <= reach) continue;
    change.number.interval = Interval{*change.number.change - reach, *change.number.change + reach};
    result.numbers.push_back(std::move(change.number));
  }
  return result;
}

}  // namespace modattr
