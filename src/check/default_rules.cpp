#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "modattr/check/check.h"
#include "modattr/check/ndcg.h"
#include "modattr/report/number_format.h"

namespace modattr {
namespace {

/// Kinds of shares that say something of their own. share.mm_shap_avg and share.net are other views of share.mm_shap.
constexpr std::array<std::string_view, 5> kJudgedShares = {"share.abs", "share.owen", "share.mm_shap", "lime.share",
                                                           "trace.share"};
/// Whose order is judged: the first of them that there is.
constexpr std::array<std::string_view, 4> kOrderedShares = {"share.abs", "share.owen", "share.mm_shap", "lime.share"};

enum class Examples : std::uint8_t { kAll, kGroups };

/// Whether both results hold known numbers of the definition, of the same modalities, groups and runs.
bool both_hold(std::string_view definition, const ResultSet& baseline, const ResultSet& next,
               Examples examples = Examples::kAll) {
  const auto keys = [&](const ResultSet& set) {
    std::vector<std::tuple<std::string, std::string, std::string>> found;
    for (const Score& row : set.table.rows) {
      const bool is_meant = row.definition == definition && row.group.has_value() == (examples == Examples::kGroups);
      if (is_meant && row.value) found.emplace_back(row.run, row.modality, row.group.value_or(""));
    }
    std::ranges::sort(found);
    return found;
  };
  const auto old_keys = keys(baseline);
  return !old_keys.empty() && old_keys == keys(next);
}

std::string change_rule(std::string_view definition, double tolerance) {
  return "change of " + std::string(definition) + " <= " + format_exact(tolerance);
}

}  // namespace

std::vector<Rule> default_rules(const ResultSet& baseline, const ResultSet& next, const DefaultTolerances& tolerances) {
  std::vector<std::string> texts;
  if (baseline.table.score && next.table.score) {
    const bool counts_errors = next.table.orientation == Orientation::kLowerIsBetter;
    texts.push_back("drop of metric <= " + (counts_errors ? format_exact(tolerances.loss_rise_percent) + "%"
                                                          : format_exact(tolerances.metric_drop)));
  }
  bool has_share = false;
  for (const std::string_view definition : kJudgedShares) {
    if (!both_hold(definition, baseline, next)) continue;
    has_share = true;
    texts.push_back(change_rule(definition, tolerances.share_change));
  }
  for (const std::string_view definition : kOrderedShares) {
    if (!both_hold(definition, baseline, next, Examples::kGroups)) continue;
    texts.push_back("change of " + std::string(definition) +
                    " in groups <= " + format_exact(tolerances.group_share_change));
    break;
  }
  if (!has_share && both_hold("permutation.drop", baseline, next)) {
    texts.push_back(change_rule("permutation.drop", tolerances.drop_change));
  }
  for (const std::string_view definition : kOrderedShares) {
    if (!both_hold(definition, baseline, next)) continue;
    texts.push_back("order of " + std::string(definition) + " <= " + format_exact(tolerances.order_difference));
    break;
  }
  if (!runs_with_players(baseline, next).empty()) {
    texts.push_back("ndcg of players >= " + format_exact(tolerances.ndcg));
  }
  return parse_rules(texts);
}

}  // namespace modattr
