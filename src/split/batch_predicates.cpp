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
struct Question {
  /// Gives the flag.
  Node* asker = nullptr;
  /// The operation over all rows, aten::any, say, whose input has them.
  Node* over_rows = nullptr;
  /// The place of that input.
  std::size_t place = 0;
  /// What the least or greatest number becomes before it is compared: aten::Int, aten::Float, aten::item or nullptr.
  const Node* conversion = nullptr;
  /// The comparison with a constant, or nullptr.
  const Node* comparison = nullptr;
};

bool is_one_of(const Value& value, const std::unordered_set<std::string_view>& names) {
  return names.contains(name_of(*value.node()));
}

/// Of a tensor's least or greatest number: over all of it, not along a dimension.
bool is_extreme(const Value& value) {
  return is_one_of(value, {"aten::max", "aten::min"}) && value.node()->inputs().size() == 1 &&
         value.node()->outputs().size() == 1;
}

/// The question of a node that gives a flag; nullopt when it is none whose rows can be asked one by one.
std::optional<Question> question_of(Node& node) {
  const bool gives_flag = node.outputs().size() == 1 && node.output()->type()->kind() == c10::TypeKind::BoolType;
  if (!gives_flag || node.output()->uses().empty()) return std::nullopt;
  static const std::unordered_set<std::string_view> comparisons = {"aten::gt", "aten::ge", "aten::lt", "aten::le"};
  static const std::unordered_set<std::string_view> conversions = {"aten::Int", "aten::Float", "aten::item"};
  Question question{.asker = &node};
  if (name_of(node) == "aten::_nested_tensor_from_mask_left_aligned") {
    question.over_rows = &node;
    question.place = 1;
    return question;
  }
  Value* value = node.output();
  if (name_of(node) == "aten::Bool" || name_of(node) == "aten::is_nonzero") {
    value = node.inputs().front();
    if (!is_tensor(*value)) return std::nullopt;
    if (is_one_of(*value, {"aten::any", "aten::all"}) && value->node()->inputs().size() == 1) {
      question.over_rows = value->node();
      return question;
    }
  }
  if (!is_one_of(*value, comparisons) || !torch::jit::toIValue(value->node()->inputs()[1])) return std::nullopt;
  // With a number: a tensor might have more than one.
  if (is_tensor(*value->node()->inputs()[1])) return std::nullopt;
  question.comparison = value->node();
  value = value->node()->inputs().front();
  if (is_one_of(*value, conversions)) {
    question.conversion = value->node();
    value = value->node()->inputs().front();
  }
  if (!is_extreme(*value)) return std::nullopt;
  question.over_rows = value->node();
  return question;
}

/// Whether something between the rows and the flag is changed in place, which rows would not see.
bool is_written_to(const Question& question, const torch::jit::AliasDb& aliases) {
  const auto has_writers = [&](const Node* node) { return node != nullptr && aliases.hasWriters(node->output()); };
  return has_writers(question.over_rows) || has_writers(question.comparison) || has_writers(question.conversion);
}

class Questioner {
 public:
  Questioner(const std::shared_ptr<Graph>& graph, GraphTrial& trial,
             const std::vector<std::optional<std::size_t>>& modality_of_input)
      : graph_(graph), trial_(trial), modality_of_input_(modality_of_input) {}

  std::vector<SpecialisedPredicate> answer() {
    std::vector<Question> questions = find();
    if (questions.empty()) return {};
    std::vector<SpecialisedPredicate> answered;
    try {
      std::vector<const Value*> subjects;
      for (const Question& question : questions) subjects.push_back(question.over_rows->inputs()[question.place]);
      const auto data = trial_.run(*graph_, subjects);
      std::vector<const Value*> asked;
      std::vector<Question> askable;
      for (std::size_t place = 0; place < questions.size(); ++place) {
        if (Value* rows = answers_of_rows(questions[place], data.front()[place].toTensor().scalar_type())) {
          asked.push_back(rows);
          askable.push_back(questions[place]);
        }
      }
      const auto answers = trial_.run(*graph_, asked);
      for (std::size_t place = 0; place < asked.size(); ++place) {
        const std::optional<bool> answer = common_answer(answers, place);
        if (!answer) continue;
        const Question& question = askable[place];
        const torch::jit::WithInsertPoint here(question.asker);
        question.asker->output()->replaceAllUsesWith(graph_->insertConstant(*answer));
        graph_->registerOutput(const_cast<Value*>(asked[place]));
        answered.push_back({question.over_rows->kind().toQualString(), *answer});
      }
    } catch (const std::exception&) {
      // A model of one number of rows, or rows that cannot be asked: the question stays.
    }
    torch::jit::EliminateDeadCode(graph_);
    return answered;
  }

 private:
  /// Questions about one modality alone, not about what follows from other answers of a batch.
  std::vector<Question> find() const {
    // Most models ask none.
    if (std::ranges::none_of(graph_->nodes(), [](Node* node) { return question_of(*node).has_value(); })) return {};
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
    std::vector<Question> questions;
    for (Node* node : graph_->nodes()) {
      if (is_row_count(*node, aliases)) continue;
      std::set<std::size_t> modalities;
      bool is_unsuitable = false;
      visit_reads(node, {}, [&](const Value* value) {
        is_unsuitable |= unsuitable.contains(value);
        const auto found = modalities_of.find(value);
        if (found != modalities_of.end()) modalities.insert(found->second.begin(), found->second.end());
      });
      if (const std::optional<Question> question = question_of(*node)) {
        const Value* rows = question->over_rows->inputs()[question->place];
        const auto found = modalities_of.find(rows);
        const bool is_of_one = found != modalities_of.end() && found->second.size() == 1;
        if (is_of_one && !unsuitable.contains(rows) && !is_written_to(*question, aliases))
          questions.push_back(*question);
      }
      is_unsuitable |= content.readers.contains(node);
      for (const Value* output : node->outputs()) {
        modalities_of[output] = modalities;
        if (is_unsuitable) unsuitable.insert(output);
      }
    }
    return questions;
  }

  /// The shape of one row, where the first dimension counts rows and nothing is empty.
  std::optional<std::vector<std::int64_t>> row_shape(const Value& value) const {
    const BatchAxisFacts facts(trial_, {});
    if (!facts.fits(value, BatchAxis{})) return std::nullopt;
    const std::vector<std::int64_t> shape = facts.shapes(value)->front();
    if (std::ranges::find(shape, 0) != shape.end()) return std::nullopt;
    return std::vector<std::int64_t>(shape.begin() + 1, shape.end());
  }

  /// What every row answers by itself, bool[rows], computed where the batch is asked; nullptr when its data has no
  /// rows, or rows would compare otherwise. `type`: of what is asked about.
  Value* answers_of_rows(const Question& question, at::ScalarType type) {
    Value* values = question.over_rows->inputs()[question.place];
    const auto shape = row_shape(*values);
    if (!shape) return nullptr;
    const torch::jit::WithInsertPoint here(question.over_rows);
    const std::string_view operation = name_of(*question.over_rows);
    if (operation == "aten::_nested_tensor_from_mask_left_aligned") return left_aligned(values, *shape);
    Value* flat = shape->empty() ? values : graph_->insert(c10::aten::flatten, {values, 1, -1});
    const bool is_number = shape->empty();
    if (operation == "aten::any" || operation == "aten::all") {
      Value* flags = graph_->insert(c10::aten::ne, {flat, 0});
      return is_number ? flags : graph_->insert(question.over_rows->kind(), {flags, 1});
    }
    static const auto amax = c10::Symbol::fromQualString("aten::amax");
    static const auto amin = c10::Symbol::fromQualString("aten::amin");
    Value* extreme = flat;
    if (!is_number) {
      extreme = graph_->insert(operation == "aten::max" ? amax : amin, {flat, IValue(c10::List<std::int64_t>({1}))});
    }
    // What is compared with may stand behind.
    const IValue limit = *torch::jit::toIValue(question.comparison->inputs()[1]);
    if (question.conversion != nullptr) {
      // Outside of tensors numbers have 64 bits.
      const bool is_whole = c10::isIntegralType(type, /*includeBool=*/false);
      if (!is_whole && !c10::isFloatingType(type)) return nullptr;
      // What is not finite cannot be made a whole number: forward() would fail.
      if (!is_whole && name_of(*question.conversion) == "aten::Int") return nullptr;
      const bool becomes_whole = is_whole && name_of(*question.conversion) != "aten::Float";
      const auto wide = [](at::ScalarType wide_type) { return static_cast<std::int64_t>(wide_type); };
      if (becomes_whole) extreme = graph_->insert(c10::aten::to, {extreme, wide(at::kLong)});
      if (!becomes_whole || limit.isDouble()) extreme = graph_->insert(c10::aten::to, {extreme, wide(at::kDouble)});
    }
    return graph_->insert(question.comparison->kind(), {extreme, limit});
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

  static std::optional<bool> common_answer(const std::vector<std::vector<IValue>>& answers, std::size_t place) {
    std::optional<bool> common;
    for (std::size_t batch = 0; batch < answers.size(); ++batch) {
      const at::Tensor& rows = answers[batch][place].toTensor();
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
  return Questioner(graph, trial, modality_of_input).answer();
}

}  // namespace modattr
