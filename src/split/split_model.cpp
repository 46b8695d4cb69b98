#include "modattr/split/split_model.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <unordered_set>
#include <utility>

#include "graph/graph_cleanup.h"
#include "graph/module_attributes.h"
#include "graph/torchscript_program.h"
#include "graph_split.h"
#include "modattr/graph/torch_errors.h"
#include "modattr/model/model.h"
#include "probe_rows.h"
#include "split_analysis.h"
#include "split_proof.h"
#include "torch_split_model.h"

namespace modattr {
namespace {

using Tensors = std::vector<at::Tensor>;

CleanGraph clean_graph_of(const TorchScriptProgram& program, const SplitOptions& options, const Tensors& probe) {
  std::vector<GraphInput> inputs;
  for (std::size_t input = 0; input < options.inputs.size(); ++input) {
    inputs.push_back({options.inputs[input].name, probe[input].scalar_type()});
  }
  return clean_graph(program, inputs);
}

/// Splits the graph; again with fewer nodes in encoders, as long as values would cross that have no rows.
std::unique_ptr<TorchSplitModel> split_where_rows_cross(const TorchScriptProgram& program, const SplitOptions& options,
                                                        const SplitAnalysis& analysis, const Tensors& probe) {
  std::unordered_set<std::size_t> kept_in_fusion = analysis.batch_reductions;
  // Ends, as each round moves at least one more node into the fusion.
  for (;;) {
    auto split = std::make_unique<TorchSplitModel>(
        program, probe, split_graph(analysis, options.inputs, options.modality_count, kept_in_fusion));
    std::unordered_set<std::size_t> unsuitable;
    for (std::size_t modality = 0; modality < options.modality_count; ++modality) {
      if (split->frontier_count(modality) > 0) {
        unsuitable.merge(split->learn_layouts(modality, inputs_of(options.inputs, probe, modality)));
      }
    }
    if (unsuitable.empty()) return split;
    kept_in_fusion.merge(unsuitable);
  }
}

/// Throws ModelError when nothing is encoded, or something that is not encoded was to be checked.
void require_encodings(const TorchSplitModel& split) {
  const SplitGraphs& graphs = split.graphs();
  std::size_t encoding_count = 0;
  for (std::size_t modality = 0; modality < graphs.encoders.size(); ++modality) {
    encoding_count += split.encoding_count(modality);
  }
  if (encoding_count == 0) {
    if (graphs.meeting.empty()) throw ModelError("its output depends on no modality");
    if (graphs.meets_whole_batch) throw ModelError("its first operation reduces over the batch: " + graphs.meeting);
    throw ModelError("its modalities meet before any operation, in " + graphs.meeting);
  }
  for (const RowCheck& check : graphs.row_checks) {
    if (split.encoding_count(check.modality) == 0) {
      throw ModelError("a specialised predicate is about a modality that is not encoded");
    }
  }
}

bool is_row_by_row(const TorchSplitModel& split) {
  bool all = split.graphs().is_row_by_row;
  for (std::size_t modality = 0; modality < split.graphs().encoders.size(); ++modality) {
    all &= split.is_row_by_row(modality);
  }
  return all;
}

}  // namespace

SplitResult split_model(const Model& model, const SplitOptions& options, std::span<const at::Tensor> probe) {
  const TorchScriptProgram* program = model.program();
  if (program == nullptr) return {.model = nullptr, .reason = "a compiled package has no graph to split"};
  bool specialises_predicates = false;
  try {
    // Few rows prove as much as many, and the proof is paid for at every start.
    constexpr std::int64_t kMostRows = 16;
    ProofRows rows;
    rows.data = enough_rows(probe);
    rows.probe = spread_rows(rows.data, kMostRows);
    Tensors placed;
    for (const at::Tensor& input : rows.probe) placed.push_back(input.to(program->device));
    CleanGraph clean = clean_graph_of(*program, options, placed);
    const SplitAnalysis analysis = analyse_for_split(clean.graph, options.inputs, options.predicates, placed);
    specialises_predicates = !analysis.specialised_predicates.empty();
    std::unique_ptr<TorchSplitModel> split = split_where_rows_cross(*program, options, analysis, placed);
    require_encodings(*split);
    const bool is_known = is_row_by_row(*split);
    const auto prove = [&model, inputs = options.inputs, rows, is_known, attributes = std::move(clean.attributes),
                        &proven = *split] {
      const WholeModel whole = [&](std::span<const at::Tensor> tensors) {
        std::vector<std::string> names;
        for (const ModelInput& input : inputs) names.push_back(input.name);
        return model.run(names, tensors);
      };
      try {
        const std::vector<std::int64_t> counts = write_counts(attributes);
        // The evaluator compares calls of its own with the whole model's anyway.
        if (!is_known) prove_split(proven, whole, inputs, rows);
        if (write_counts(attributes) != counts) throw ModelError("forward() writes to an attribute of the module");
      } catch (const std::exception& error) {
        throw ModelError(one_line_reason(error));
      }
    };
    const std::string meeting = split->graphs().meeting;
    return {.model = std::move(split),
            .reason = {},
            .meeting = meeting,
            .specialises_predicates = specialises_predicates,
            .is_row_by_row = is_known,
            .prove = prove};
  } catch (const std::exception& error) {
    return {.model = nullptr, .reason = one_line_reason(error), .specialises_predicates = specialises_predicates};
  }
}

}  // namespace modattr
