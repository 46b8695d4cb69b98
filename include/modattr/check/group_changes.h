#pragma once

#include <cstddef>

#include "modattr/check/judgement.h"
#include "modattr/check/result_set.h"

namespace modattr {

/// What moved in groups of the data: shares and permutation.drop of every group that both results hold, where the
/// change is significant at 95 % over all of them (Bonferroni); the clearest first. Nobody judges it.
GroupChanges group_changes(const ResultSet& baseline, const ResultSet& next, std::size_t thread_count);

}  // namespace modattr
