// An input is a model of trees. What was read predicts a few rows, and small models explain them: values add up.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/trees/tree_reader.h"
#include "modattr/trees/tree_shap.h"

namespace {

modattr::TreeEnsemble read(std::string_view content) {
  return modattr::tree_format_of(content) == modattr::TreeSplitRule::kLightgbm
             ? modattr::read_lightgbm(content, "model")
             : modattr::read_xgboost(content, "model");
}

void explain(const modattr::TreeEnsemble& ensemble) {
  constexpr std::size_t kMostColumns = 1024;
  constexpr std::size_t kMostNodes = 2048;
  if (ensemble.column_count > kMostColumns || ensemble.parameter_count() > kMostNodes) return;
  constexpr std::size_t kRowCount = 3;
  std::vector<double> rows(kRowCount * ensemble.column_count);
  for (std::size_t place = 0; place < rows.size(); ++place) {
    rows[place] = place % 5 == 3 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(place % 7) - 3.0;
  }
  std::vector<double> margins(kRowCount * ensemble.output_count());
  modattr::tree_margins(ensemble, rows, margins);
  std::vector<std::uint32_t> players(ensemble.column_count);
  for (std::uint32_t column = 0; column < players.size(); ++column) players[column] = column % 16;
  const modattr::TreeShap shap(ensemble, {.player_of_column = players, .player_count = 16, .are_pairs_asked = true});
  const std::vector<std::uint32_t> outputs(kRowCount, 0);
  const modattr::TreeValues values = shap.interventional(rows, outputs, rows);
  if (ensemble.has_covers) shap.path_dependent(rows, outputs);
  double size = 1.0;
  for (const modattr::Tree& tree : ensemble.trees) {
    for (const modattr::TreeNode& node : tree.nodes) size += node.is_leaf() ? std::abs(node.value) : 0.0;
  }
  for (std::size_t row = 0; row < kRowCount; ++row) {
    const auto found = values.values.row(row);
    const double sum = std::accumulate(found.begin(), found.end(), 0.0);
    if (std::isfinite(size) && !(std::abs(sum - values.full[row] + values.empty[row]) <= 1e-6 * size)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    explain(read({reinterpret_cast<const char*>(data), size}));
  } catch (const modattr::ModelError&) {
  }
  return 0;
}
