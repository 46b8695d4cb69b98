#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <torch/csrc/jit/ir/ir.h>

#include "graph/data_dependence.h"
#include "modattr/split/split_model.h"
#include "split_analysis.h"

namespace modattr {

/// A top-level node and where it is computed.
struct AssignedNode {
  torch::jit::Node* node = nullptr;
  /// The modalities that it depends on.
  std::set<std::size_t> modalities;
  bool in_fusion = false;
  /// Computed in its encoder and in the fusion, too.
  bool is_copied = false;
  /// Reads content of tensors as numbers, flags or sizes (see data_dependence.h).
  bool reads_content = false;
  /// In the fusion because the caller says so.
  bool is_kept_in_fusion = false;
  /// Touches a value that an in-place operation may still change.
  bool is_in_mutation_unit = false;
  /// Gives the number of rows.
  bool is_row_count = false;
};

/// Assigns every top-level node to an encoder or the fusion, by the union of the modalities of the values that it
/// reads, captured ones included: one modality is its encoder, two or more the fusion. The fusion also gets nodes that
/// read content, that `kept_in_fusion` lists (indices in the graph's order) or that depend on an input which modalities
/// share, and whatever depends on a node of the fusion. Nodes of one mutation unit stay together. Nodes that depend on
/// no modality are *neutral*: every part that needs them computes them.
class PartAssignment {
 public:
  /// Borrows `inputs`.
  PartAssignment(const SplitAnalysis& analysis, std::span<const ModelInput> inputs,
                 const std::unordered_set<std::size_t>& kept_in_fusion);

  const std::vector<AssignedNode>& nodes() const noexcept { return nodes_; }
  /// The place in nodes() of what computes a value.
  std::size_t producer_of(const torch::jit::Value& value) const { return index_of_.at(value.node()); }
  /// The modality whose encoder computes a value; nullopt when none does.
  std::optional<std::size_t> encoder_of(const torch::jit::Value& value) const;
  /// Whether a value depends on what is in the inputs, not on their shapes alone.
  bool depends_on_data(const torch::jit::Value& value) const { return content_.values.contains(&value); }

  /// Per node, whether the part computes it.
  std::vector<bool> encoder_part(std::size_t modality) const;
  std::vector<bool> fusion_part() const;

  /// The values that encoders compute and the fusion reads, in the order of the graph: all of them tensors.
  std::vector<const torch::jit::Value*> frontier() const;
  /// The inputs that the fusion reads.
  std::vector<std::size_t> raw_inputs() const;

 private:
  void assign_all();
  bool assign_modalities();
  bool unite_units();
  void keep_numbers_in_fusion();
  void add_neutral_nodes(std::vector<bool>& part, std::span<const torch::jit::Value* const> outputs) const;
  std::unordered_set<const torch::jit::Value*> read_by_fusion() const;

  const torch::jit::Graph& graph_;
  DataDependence content_;
  std::span<const ModelInput> inputs_;
  /// See mutation_units.h.
  std::vector<std::vector<std::size_t>> units_;
  std::vector<AssignedNode> nodes_;
  std::unordered_map<const torch::jit::Node*, std::size_t> index_of_;
};

}  // namespace modattr
