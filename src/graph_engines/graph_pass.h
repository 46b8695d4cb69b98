#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph_engines/dual/dual_interpreter.h"
#include "input_elements.h"
#include "model/output_reader.h"
#include "target_function.h"

namespace modattr {

/// What a pass found out about the rows of a call.
struct PassResult {
  /// Values on both sides, [rows], float64; of a point of a path there is one, `x`.
  at::Tensor x;
  at::Tensor b;
  Credits credits;
  GapLedger ledger;
  bool parts_ways = false;
  /// Whether a modality has the same data on both sides in every row, although it should differ.
  bool has_equal_data = false;
  /// About what the tape took.
  std::size_t byte_count = 0;
};

/// The data of a call, on both sides.
struct PassData {
  /// [inputs] of [rows, ...]; the same tensor on both sides where nothing differs.
  std::vector<at::Tensor> x;
  std::vector<at::Tensor> b;
  /// [rows]
  std::vector<std::uint32_t> examples;
  /// Which data it is, on the side of x and on that of b.
  SideModalities x_modalities = {};
  SideModalities b_modalities = {};
};

/// Follows a model from what differs in its inputs to the value of its answers. Const and safe to call from many
/// threads.
class GraphPass {
 public:
  struct Parts {
    const TorchScriptProgram& program;
    std::vector<std::string> input_names;
    /// The modalities that each input belongs to, as bit masks, [inputs].
    std::vector<std::uint64_t> modalities_of_input;
    const TargetFunction& target;
    const InputElements& elements;
  };
  /// Throws ModelError for a model that cannot be followed.
  explicit GraphPass(const Parts& parts);

  /// Whether rows have to be run one by one (see InnerGraph::reads_data).
  bool reads_data() const noexcept { return graph_.reads_data; }
  /// Multipliers times differences. `memo`: of passes over the same rows with other modalities on their sides; nullptr
  /// = none.
  PassResult multipliers(const PassData& data, SideMemo* memo = nullptr) const;
  /// Gradients at points between the sides, one per row [rows], times the differences; without credits where
  /// `values_only`.
  PassResult gradients(const PassData& data, const at::Tensor& points, bool values_only) const;

 private:
  /// `input`: all but its values and rows.
  PassResult run(const PassData& data, PassInput input, bool values_only) const;

  Parts parts_;
  InnerGraph graph_;
  OutputReader output_;
};

}  // namespace modattr
