#pragma once

#include <string>
#include <vector>

#include "modattr/check/judgement.h"

namespace modattr {

/// A judged number as it is printed; its texts hold names from the data.
struct JudgementCells {
  std::string subject;
  std::string old_value;
  std::string new_value;
  /// With its sign.
  std::string change;
  /// "[-0.01, +0.02]".
  std::string interval;
  /// "<= 0.05".
  std::string allowed;
  std::string verdict;
};

/// The numbers of a rule, with the same decimals; `unknown` stands where there is none.
std::vector<JudgementCells> cells_of(const RuleJudgement& rule, const std::string& unknown);

/// The same of what moved in groups, as many as are shown; nothing is allowed or broken.
std::vector<JudgementCells> cells_of(const GroupChanges& groups, const std::string& unknown);

/// "what moved in groups, the clearest first; not judged", with their number.
std::string groups_title(const GroupChanges& groups);

/// "97.5 %", the level of each interval.
std::string level_text(double level);

/// All of a number in one line: "image.share.abs: 0.41 -> 0.52, change +0.11 [+0.09, +0.13], allowed <= 0.05".
std::string number_line(const JudgedNumber& number, const JudgementCells& cells);

/// "3 of 4 rules kept, 1 broken".
std::string outcome_text(const Judgement& judgement);

/// What the intervals are, in a sentence.
std::string interval_text(const Judgement& judgement);

}  // namespace modattr
