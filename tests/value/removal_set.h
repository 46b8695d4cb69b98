#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/progress.h"
#include "modattr/value/games/removal_game.h"
#include "modattr/value/games/removal_rows.h"
#include "modattr/value/model_evaluator.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {

/// One number per example and input, [inputs][examples].
using Columns = std::vector<std::vector<float>>;

/// A set of inputs "a", "b", ..., a reference set of the same inputs, and how the modalities are removed.
class RemovalSet {
 public:
  struct Parts {
    Columns own;
    /// Empty = no background.
    Columns reference = {};
    /// The inputs of each modality; empty = one modality per input.
    std::vector<ModalityInputs> modalities = {};
    /// How each modality is removed; empty = all by the background.
    std::vector<BaselineOptions> removals = {};
  };

  explicit RemovalSet(Parts parts) {
    if (parts.modalities.empty()) {
      for (std::size_t input = 0; input < parts.own.size(); ++input) {
        parts.modalities.push_back({name_of(input), {{name_of(input), {}}}});
      }
    }
    if (parts.removals.empty()) {
      parts.removals.assign(parts.modalities.size(), {.type = RemovalType::kBackground});
    }
    layout_ = make_input_layout(parts.modalities);
    dataset_ = open("val.npz", parts.own);
    if (!parts.reference.empty()) reference_ = open("reference.npz", parts.reference);
    removals_ = std::move(parts.removals);
  }

  Dataset& dataset() { return *dataset_; }
  const Dataset& reference() const { return *reference_; }
  const InputLayout& layout() const { return layout_; }

  /// Borrows `rows`.
  std::unique_ptr<RemovalRows> removal_rows(const ModalityRows& rows) const {
    RemovalRows::Parts parts{
        .dataset = *dataset_, .layout = layout_, .rows = rows, .reference = reference_.get(), .baselines = {}};
    for (std::size_t modality = 0; modality < removals_.size(); ++modality) {
      std::vector<std::size_t> inputs;
      for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
        for (const InputPart& part : layout_.inputs[input].parts) {
          if (part.modality == modality) inputs.push_back(input);
        }
      }
      parts.baselines.push_back(
          removals_[modality].type == RemovalType::kBackground
              ? nullptr
              : make_baseline(removals_[modality], layout_.modalities.modality_name(modality), *dataset_, inputs));
    }
    return std::make_unique<RemovalRows>(std::move(parts));
  }

  /// v of every coalition in the order of its bits, [coalitions, examples * targets].
  Matrix values(ModelEvaluator& evaluator, const std::vector<Target>& targets, Progress& progress) const {
    const std::unique_ptr<RemovalRows> rows = removal_rows(evaluator.modality_rows());
    EncodedRows encoded = evaluator.encode(*rows);
    RemovalGame game({.evaluator = evaluator,
                      .players = layout_.modalities,
                      .removal = *rows,
                      .rows = encoded,
                      .targets = targets,
                      .progress = progress});
    return game.evaluate(coalitions());
  }

  std::vector<Coalition> coalitions() const {
    const std::size_t count = layout_.modalities.count();
    std::vector<Coalition> result;
    for (std::size_t members = 0; members < (std::size_t{1} << count); ++members) {
      result.emplace_back(count);
      for (std::size_t player = 0; player < count; ++player) {
        if ((members >> player & 1) != 0) result.back().insert(player);
      }
    }
    return result;
  }

 private:
  static std::string name_of(std::size_t input) { return std::string(1, static_cast<char>('a' + input)); }

  std::unique_ptr<Dataset> open(const std::string& file, const Columns& columns) const {
    std::vector<TestArray> arrays;
    for (std::size_t input = 0; input < columns.size(); ++input) {
      const auto count = static_cast<std::int64_t>(columns[input].size());
      arrays.push_back(TestArray::of<float>(name_of(input), {count, 1}, columns[input]));
    }
    write_npz(folder_ / file, arrays);
    return std::make_unique<Dataset>(DatasetOptions{.path = folder_ / file, .inputs = layout_.input_names()});
  }

  TemporaryFolder folder_;
  InputLayout layout_;
  std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<Dataset> reference_;
  std::vector<BaselineOptions> removals_;
};

}  // namespace modattr
