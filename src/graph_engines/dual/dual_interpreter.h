#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include <torch/csrc/jit/ir/ir.h>

#include "dual_value.h"
#include "graph_engines/rules/dual_tensor.h"
#include "inner_graph.h"
#include "side_memo.h"

namespace modattr {

/// What a pass records on the tape.
enum class PassKind {
  /// Both sides, with a rule for every operation: multipliers.
  kRules,
  /// One point between the sides, as seen at the leaves, with derivatives: gradients.
  kPath
};

/// What a pass starts from.
struct PassInput {
  std::vector<std::string> names = {};
  /// Data of the inputs on both sides, [rows, ...], with all but the results' marks set; those that are the same are
  /// shared.
  std::vector<Dual> values = {};
  std::int64_t row_count = 0;
  PassKind kind = PassKind::kRules;
  /// Of kPath: where between the sides each row is, 0 = b, 1 = x; [rows].
  at::Tensor points = {};
  /// Results of earlier passes over the same rows, which this one takes and adds to; nullptr = none.
  SideMemo* memo = nullptr;
  /// The data on the side of x and on that of b.
  SideModalities x_modalities = {};
  SideModalities b_modalities = {};
};

/// Runs a graph operation by operation on both sides at once, its tape being that of libtorch's autograd. Where nothing
/// differs, an operation is run once and leaves no tape.
class DualInterpreter {
 public:
  /// Borrows graph and ledger, which must live as long as the tape.
  DualInterpreter(const InnerGraph& graph, const PassInput& input, GapLedger& ledger);

  /// What forward() returns. Throws ModelError naming the operation that cannot be followed.
  Dual run();
  /// In the order in which they were met.
  const std::vector<Leaf>& leaves() const noexcept { return leaves_; }
  /// Whether the sides part ways at an `if` or a loop: both took that of x.
  bool parts_ways() const noexcept { return parts_ways_; }
  /// Bytes of all tensors that were computed, about what the tape keeps.
  std::size_t byte_count() const noexcept { return byte_count_; }

 private:
  using Values = std::unordered_map<const torch::jit::Value*, Dual>;

  std::vector<Dual> run_block(const torch::jit::Block& block, bool is_top);
  void run_node(const torch::jit::Node& node);
  /// Whether the node is one of structure, not of numbers; runs it.
  bool run_structure(const torch::jit::Node& node);
  void run_if(const torch::jit::Node& node);
  void run_loop(const torch::jit::Node& node);
  void run_get_attribute(const torch::jit::Node& node);
  /// x's answer to a question of the control flow.
  bool decide(const Dual& condition);

  std::vector<Dual> operate(const torch::jit::Node& node, const std::vector<Dual>& arguments);
  std::vector<Dual> operate_once(const torch::jit::Node& node, const std::vector<Dual>& arguments);
  std::vector<Dual> operate_off_tape(const torch::jit::Node& node, const std::vector<Dual>& arguments);
  std::vector<Dual> operate_at_point(const torch::jit::Node& node, const std::vector<Dual>& arguments);
  std::vector<Dual> operate_linearly(const torch::jit::Node& node, const std::vector<Dual>& arguments);
  std::vector<Dual> operate_by_rules(const torch::jit::Node& node, const std::vector<Dual>& arguments);
  /// Runs an operation on one side off the tape, where it has not been run on the same data before.
  std::vector<c10::IValue> run_side(const torch::jit::Node& node, std::vector<c10::IValue> side,
                                    const SideModalities& own);
  /// Keeps what an operation gave on a side.
  void keep_side(const torch::jit::Node& node, const std::vector<c10::IValue>& results, const SideModalities& own);
  bool is_memorable(const torch::jit::Node& node) const;
  /// For integers or flags that differ as well: the Shapley value of the two groups of arguments.
  std::vector<Dual> operate_with_switch(const torch::jit::Node& node, const std::vector<Dual>& arguments);
  /// Writes functional results back, where the operation works in place.
  void write_back(const torch::jit::Node& node, const std::vector<Dual>& arguments, std::vector<Dual>& results);

  /// Results of a node that do not depend on the tape, as leaves where they are numbers that differ.
  Dual untaped(const torch::jit::Node& node, std::size_t output, c10::IValue x, c10::IValue b,
               const std::vector<Dual>& arguments);
  /// A leaf, or at a point the numbers between its sides; returns what flows on. -inf on one side only becomes a finite
  /// number on that side.
  DualTensor add_leaf(const at::Tensor& x, const at::Tensor& b, std::uint64_t inputs, const at::Tensor& origin,
                      const std::string& where, bool written);

  Dual& value(const torch::jit::Value* value);
  void set(const torch::jit::Value* value, Dual dual);
  bool is_written(const torch::jit::Value* value) const { return graph_.written.contains(value); }
  bool touches_written(const torch::jit::Node& node) const;

  const InnerGraph& graph_;
  const PassInput& input_;
  GapLedger& ledger_;
  Values values_;
  /// Of a model that takes its inputs as one dictionary, the inputs by key.
  std::unordered_map<std::string, Dual> dictionary_;
  std::vector<Leaf> leaves_;
  bool parts_ways_ = false;
  /// Operations that were run, and the modalities that the present one's arguments come from.
  std::size_t step_ = 0;
  std::uint64_t modalities_ = 0;
  /// Whether what a side gives follows from that side's data alone, and whether the present operation mixes them.
  bool sides_stand_alone_ = true;
  bool mixes_sides_ = false;
  std::size_t byte_count_ = 0;
};

/// The origin of a result of integers or flags, or of numbers looked up by them, that follows from those of an
/// operation's arguments; undefined where it does not.
at::Tensor origin_of(const torch::jit::Node& node, const std::vector<Dual>& arguments, const c10::IValue& result);

}  // namespace modattr
