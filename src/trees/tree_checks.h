#pragma once

#include <string>

#include "modattr/trees/tree_ensemble.h"

namespace modattr {

/// Most splits between the root and a leaf.
inline constexpr std::size_t kDeepestTree = 1000;

/// Throws ModelError `name: tree T...` where the trees of a file are none: a child that is out of range or has two
/// parents, a column that the model does not have, a threshold that is NaN, a leaf that is not finite, more than
/// kDeepestTree splits on a path. Nodes that nothing leads to may hold anything. Sets TreeEnsemble::has_covers.
void check_trees(TreeEnsemble& ensemble, const std::string& name);

}  // namespace modattr
