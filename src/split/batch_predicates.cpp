#include "batch_predicates.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <ATen/Functions.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "constant_shapes.h"
#include "graph/data_dependence.h"
#include "graph/graph_walk.h"
#include "graph/node_arguments.h"
#include "split/batch_axis/batch_axis_facts.h"

namespace modattr {
namespace {

using torch::jit::Graph;
using torch::jit::IValue;
using torch::jit::Node;
using torch::jit::Value;

std::string_view name_of(const Node& node) {
  return node.kind().toQualString();
}

/// A flag that is read from a batch.
struct Predicate {
  /// Gives the flag.
  Node* flag = nullptr;
  /// The operation over all rows, aten::any, say, whose input has them.
  Node* over_rows = nullptr;
  /// The place of that input.
  std::size_t place = 0;
  /// What the minimum or maximum becomes before it is compared: aten::Int, aten::Float, aten::item or nullptr.
  const Node* conversion = nullptr;
  /// The comparison with a constant, or nullptr.
  const Node* comparison = nullptr;
};

bool is_one_of(const Value& value, const std::unordered_set<std::string_view>& names) {
  return names.contains(name_of(*value.node()));
}

/// Whether it is the minimum or maximum over all of a tensor, not along a dimension.
bool is_extreme(const Value& value) {
  return is_one_of(value, {"aten::max", "aten::min"}) && value.node()->inputs().size() == 1 &&
         value.node()->outputs().size() == 1;
}

/// The predicate that a node gives the flag of; nullopt when there is none that can be evaluated row by row.
std::optional<Predicate> predicate_of(Node& node) {
  const bool gives_flag = node.outputs().size() == 1 && node.output()->type()->kind() == c10::TypeKind::BoolType;
  if (!gives_flag || node.output()->uses().empty()) return std::nullopt;
  static const std::unordered_set<std::string_view> comparisons = {"aten::gt", "aten::ge", "aten::lt", "aten::le"};
  static const std::unordered_set<std::string_view> conversions = {"aten::Int", "aten::Float", "aten::item"};
  Predicate predicate{.flag = &node};
  if (name_of(node) == "aten::_nested_tensor_from_mask_left_aligned") {
    predicate.over_rows = &node;
    predicate.place = 1;
    return predicate;
  }
  Value* value = node.output();
  if (name_of(node) == "aten::Bool" || name_of(node) == "aten::is_nonzero") {
    value = node.inputs().front();
    if (!is_tensor(*value)) return std::nullopt;
    if (is_one_of(*value, {"aten::any", "aten::all"}) && value->node()->inputs().size() == 1) {
      predicate.over_rows = value->node();
      return predicate;
    }
  }
  if (!is_one_of(*value, comparisons) || !torch::jit::toIValue(value->node()->inputs()[1])) return std::nullopt;
  // With a number: a tensor may have more than one element.
  if (is_tensor(*value->node()->inputs()[1])) return std::nullopt;
  predicate.comparison = value->node();
  value = value->node()->inputs().front();
  if (is_one_of(*value, conversions)) {
    predicate.conversion = value->node();
    value = value->node()->inputs().front();
  }
  if (!is_extreme(*value)) return std::nullopt;
  predicate.over_rows = value->node();
  return predicate;
}

/// Whether something between the rows and the flag is changed in place, which the rows' own flags would not show.
bool is_written_to(const Predicate& predicate, const torch::jit::AliasDb& aliases) {
  const auto has_writers = [&](const Node* node) { return node != nullptr && aliases.hasWriters(node->output()); };
  return has_writers(predicate.over_rows) || has_writers(predicate.comparison) || has_writers(predicate.conversion);
}

class PredicateSpecialiser {
 public:
  PredicateSpecialiser(std::shared_ptr<Graph> graph, GraphTrial& trial,
                       const std::vector<std::optional<std::size_t>>& modality_of_input)
      : graph_(std::move(graph)), trial_(trial), modality_of_input_(modality_of_input) {}

  std::vector<SpecialisedPredicate> specialise() {
    const std::vector<Predicate> found = find();
    if (found.empty()) return {};
    std::vector<SpecialisedPredicate> specialised;
    try {
      std::vector<const Value*> subjects;
      for (const Predicate& predicate : found) subjects.push_back(predicate.over_rows->inputs()[predicate.place]);
      const auto data = trial_.run(*graph_, subjects);
      std::vector<const Value*> row_flags;
      std::vector<Predicate> row_by_row;
      for (std::size_t place = 0; place < found.size(); ++place) {
        if (Value* flags = flags_of_rows(found[place], data.front()[place].toTensor().scalar_type())) {
          row_flags.push_back(flags);
          row_by_row.push_back(found[place]);
        }
      }
      const auto flags = trial_.run(*graph_, row_flags);
      for (std::size_t place = 0; place < row_flags.size(); ++place) {
        const std::optional<bool> common = common_flag(flags, place);
        if (!common) continue;
        const Predicate& predicate = row_by_row[place];
        const torch::jit::WithInsertPoint here(predicate.flag);
        predicate.flag->output()->replaceAllUsesWith(graph_->insertConstant(*common));
        graph_->registerOutput(const_cast<Value*>(row_flags[place]));
        specialised.push_back({predicate.over_rows->kind().toQualString(), *common});
      }
    } catch (const std::exception&) {
      // A model of one number of rows, or a predicate that rows do not have by themselves: it stays.
    }
    torch::jit::EliminateDeadCode(graph_);
    return specialised;
  }

 private:
  /// Predicates about one modality alone, and not about what follows from other numbers read from a batch.
  std::vector<Predicate> find() const {
    // Most models have none.
    if (std::ranges::none_of(graph_->nodes(), [](Node* node) { return predicate_of(*node).has_value(); })) return {};
    const DataDependence content = find_data_dependence(graph_);
    const torch::jit::AliasDb aliases(graph_);
    std::unordered_map<const Value*, std::set<std::size_t>> modalities_of;
    std::unordered_set<const Value*> unsuitable;
    for (std::size_t input = 0; input < modality_of_input_.size(); ++input) {
      const Value* value = graph_->inputs()[input];
      if (modality_of_input_[input]) {
        modalities_of[value] = {*modality_of_input_[input]};
      } else {
        unsuitable.insert(value);
      }
    }
    std::vector<Predicate> found;
    for (Node* node : graph_->nodes()) {
      if (is_row_count(*node, aliases)) continue;
      std::set<std::size_t> modalities;
      bool is_unsuitable = false;
      visit_reads(node, {}, [&](const Value* value) {
        is_unsuitable |= unsuitable.contains(value);
        const auto known = modalities_of.find(value);
        if (known != modalities_of.end()) modalities.insert(known->second.begin(), known->second.end());
      });
      if (const std::optional<Predicate> predicate = predicate_of(*node)) {
        const Value* rows = predicate->over_rows->inputs()[predicate->place];
        const auto known = modalities_of.find(rows);
        const bool is_of_one = known != modalities_of.end() && known->second.size() == 1;
        if (is_of_one && !unsuitable.contains(rows) && !is_written_to(*predicate, aliases)) found.push_back(*predicate);
      }
      is_unsuitable |= content.readers.contains(node);
      for (const Value* output : node->outputs()) {
        modalities_of[output] = modalities;
        if (is_unsuitable) unsuitable.insert(output);
      }
    }
    return found;
  }

  /// The shape of one row, where the first dimension counts rows and nothing is empty.
  std::optional<std::vector<std::int64_t>> row_shape(const Value& value) const {
    const BatchAxisFacts facts(trial_, {});
    if (!facts.fits(value, BatchAxis{})) return std::nullopt;
    const std::vector<std::int64_t> shape = facts.shapes(value)->front();
    if (std::ranges::find(shape, 0) != shape.end()) return std::nullopt;
    return std::vector<std::int64_t>(shape.begin() + 1, shape.end());
  }

  /// The flag of every row by itself, bool[rows], computed where that of the batch is; nullptr when its data has no
  /// rows, or a row's flag would be compared in another type. `type`: of the data.
  Value* flags_of_rows(const Predicate& predicate, at::ScalarType type) {
    Value* values = predicate.over_rows->inputs()[predicate.place];
    const auto shape = row_shape(*values);
    if (!shape) return nullptr;
    const torch::jit::WithInsertPoint here(predicate.over_rows);
    const std::string_view operation = name_of(*predicate.over_rows);
    if (operation == "aten::_nested_tensor_from_mask_left_aligned") return left_aligned(values, *shape);
    Value* flat = shape->empty() ? values : graph_->insert(c10::aten::flatten, {values, 1, -1});
    const bool is_number = shape->empty();
    if (operation == "aten::any" || operation == "aten::all") {
      Value* flags = graph_->insert(c10::aten::ne, {flat, 0});
      return is_number ? flags : graph_->insert(predicate.over_rows->kind(), {flags, 1});
    }
    static const auto amax = c10::Symbol::fromQualString("aten::amax");
    static const auto amin = c10::Symbol::fromQualString("aten::amin");
    Value* extreme = flat;
    if (!is_number) {
      extreme = graph_->insert(operation == "aten::max" ? amax : amin, {flat, IValue(c10::List<std::int64_t>({1}))});
    }
    // Copied, as the constant may be defined further down.
    const IValue limit = *torch::jit::toIValue(predicate.comparison->inputs()[1]);
    if (predicate.conversion != nullptr) {
      // Outside of tensors numbers have 64 bits.
      const bool is_whole = c10::isIntegralType(type, /*includeBool=*/false);
      if (!is_whole && !c10::isFloatingType(type)) return nullptr;
      // Numbers that are not finite cannot become integers: forward() would fail.
      if (!is_whole && name_of(*predicate.conversion) == "aten::Int") return nullptr;
      const bool becomes_whole = is_whole && name_of(*predicate.conversion) != "aten::Float";
      const auto wide = [](at::ScalarType wide_type) { return static_cast<std::int64_t>(wide_type); };
      if (becomes_whole) extreme = graph_->insert(c10::aten::to, {extreme, wide(at::kLong)});
      if (!becomes_whole || limit.isDouble()) extreme = graph_->insert(c10::aten::to, {extreme, wide(at::kDouble)});
    }
    return graph_->insert(predicate.comparison->kind(), {extreme, limit});
  }

  /// Whether a row of flags, [rows, positions], has no true one behind a false one.
  Value* left_aligned(Value* values, const std::vector<std::int64_t>& shape) {
    if (shape.size() != 1) return nullptr;
    Value* flags = graph_->insert(c10::aten::ne, {values, 0});
    const std::int64_t pairs = shape.front() - 1;
    Value* before = graph_->insert(c10::aten::narrow, {flags, 1, 0, pairs});
    Value* after = graph_->insert(c10::aten::narrow, {flags, 1, 1, pairs});
    Value* none_after = graph_->insert(c10::aten::logical_not, {after});
    static const auto logical_or = c10::Symbol::fromQualString("aten::logical_or");
    return graph_->insert(c10::aten::all, {graph_->insert(logical_or, {before, none_after}), 1});
  }

  /// The flag that all rows of all batches have; nullopt when there is none.
  static std::optional<bool> common_flag(const std::vector<std::vector<IValue>>& flags, std::size_t place) {
    std::optional<bool> common;
    for (std::size_t batch = 0; batch < flags.size(); ++batch) {
      const at::Tensor& rows = flags[batch][place].toTensor();
      if (rows.scalar_type() != at::kBool || rows.dim() != 1 || rows.size(0) != GraphTrial::kRowCounts[batch]) {
        return std::nullopt;
      }
      const bool first = rows[0].item<bool>();
      if (!rows.eq(first).all().item<bool>() || common.value_or(first) != first) return std::nullopt;
      common = first;
    }
    return common;
  }

  std::shared_ptr<Graph> graph_;
  GraphTrial& trial_;
  const std::vector<std::optional<std::size_t>>& modality_of_input_;
};

}  // namespace

std::vector<SpecialisedPredicate> specialise_batch_predicates(
    const std::shared_ptr<Graph>& graph, GraphTrial& trial,
    const std::vector<std::optional<std::size_t>>& modality_of_input) {
  return PredicateSpecialiser(graph, trial, modality_of_input).specialise();
}

}  // namespace modattr
