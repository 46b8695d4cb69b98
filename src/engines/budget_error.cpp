#include "modattr/engines/budget_error.h"

#include "modattr/core/option_name.h"

namespace modattr {
namespace {

std::string message_of(const BudgetNeed& need) {
  const bool has_background = need.evaluations_per_coalition > 1;
  const bool is_sampled = need.sampled_rows && *need.sampled_rows < need.evaluations_per_coalition;
  std::string message = option("budget") + ": expected at least " + std::to_string(need.least_evaluations()) +
                        " evaluations per example for " + std::to_string(need.player_count) + " players";
  if (is_sampled) {
    message += " (" + std::to_string(need.least) + " coalitions, each with " + std::to_string(*need.sampled_rows) +
               " of " + std::to_string(need.evaluations_per_coalition) +
               " background rows, that of no player with all of them)";
  } else if (has_background) {
    message += " (" + std::to_string(need.least) + " coalitions, each with " +
               std::to_string(need.evaluations_per_coalition) + " background rows)";
  }
  message += ", got " + std::to_string(need.budget);
  if (has_background && need.fitting_rows() > 0) {
    message += "; it is enough for " + option("background") + " " + std::to_string(need.fitting_rows());
  } else if (has_background) {
    message += "; with " + option("background") + " 1 they are " + std::to_string(need.least);
  }
  return message;
}

}  // namespace

BudgetError::BudgetError(const BudgetNeed& need) : ConfigError(message_of(need)), need_(need) {}

}  // namespace modattr
