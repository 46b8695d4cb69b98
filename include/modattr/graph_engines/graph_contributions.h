#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "modattr/core/contributions/contributions.h"
#include "modattr/core/progress.h"
#include "modattr/core/rng.h"
#include "modattr/data/dataset.h"
#include "modattr/masking/segmentation.h"
#include "modattr/model/model.h"
#include "modattr/stats/target.h"
#include "modattr/value/games/removal_rows.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/model_evaluator.h"

namespace modattr {

/// Contributions from the graph of a TorchScript model: Deep SHAP, integrated and expected gradients, and the gradient
/// times the difference. Every draw of the removal is a pair of rows, the example's and the removed one's; what a
/// method gives to the elements of the inputs is summed over the players that hold them, and averaged over draws.
///
/// Deep SHAP passes the difference of a pair of answers back through the graph, operation by operation: linear ones by
/// their derivative, all others by a multiplier that makes up the difference which they make (rescale rule; Shrikumar
/// et al. 2017), with the Shapley value of two factors for products and integrated gradients through the operation
/// where there is no closed form. With unions (ContributionRequest::is_owen) modality m is followed alone, the others
/// standing at x or b, for every set T of these with the Shapley weight w(T) = |T|! (M - |T| - 1)! / M!, so that m's
/// features add up to its Shapley value among modalities.
class GraphContributions final : public Contributions {
 public:
  struct Parts {
    const Model& model;
    const Dataset& dataset;
    const InputLayout& layout;
    const RemovalRows& removal;
    /// One per modality.
    const std::vector<std::unique_ptr<Segmentation>>& segmentations;
    /// The dataset's inputs of each modality, in the order of its segmentation.
    std::vector<std::vector<std::size_t>> inputs;
    const Target& target;
    /// Counts what is run, and knows how.
    ModelEvaluator& evaluator;
    Progress& progress;
  };
  /// Borrows what the parts refer to. Throws ConfigError for a value that cannot be followed, ModelError for a model
  /// that has no graph, or quantised operations.
  GraphContributions(const Parts& parts, const ContributionRequest& request, const Rng& rng);
  ~GraphContributions() override;
  GraphContributions(const GraphContributions&) = delete;
  GraphContributions& operator=(const GraphContributions&) = delete;

  std::vector<ExampleContributions> explain(std::uint32_t first, std::size_t count) override;
  std::size_t evaluations_per_example() const noexcept override;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace modattr
