#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/trees/tree_reader.h"
#include "model_json.h"
#include "shown_text.h"
#include "tree_checks.h"

namespace modattr {
namespace {

/// What an objective makes of margins, and of the base score, which XGBoost stores as a prediction.
struct XgboostObjective {
  std::string_view name;
  TreeTask task = TreeTask::kRegression;
  TreeLink link = TreeLink::kIdentity;
  TreeLink base_link = TreeLink::kIdentity;
};

constexpr std::array kXgboostObjectives = {
    XgboostObjective{"reg:squarederror"},
    XgboostObjective{"reg:linear"},
    XgboostObjective{"reg:squaredlogerror"},
    XgboostObjective{"reg:pseudohubererror"},
    XgboostObjective{"reg:absoluteerror"},
    XgboostObjective{"reg:quantileerror"},
    XgboostObjective{"rank:pairwise"},
    XgboostObjective{"rank:ndcg"},
    XgboostObjective{"rank:map"},
    XgboostObjective{"reg:logistic", TreeTask::kRegression, TreeLink::kLogistic, TreeLink::kLogistic},
    XgboostObjective{"binary:logistic", TreeTask::kBinary, TreeLink::kLogistic, TreeLink::kLogistic},
    XgboostObjective{"binary:logitraw", TreeTask::kBinary},
    XgboostObjective{"multi:softmax", TreeTask::kClasses},
    XgboostObjective{"multi:softprob", TreeTask::kClasses},
    XgboostObjective{"count:poisson", TreeTask::kRegression, TreeLink::kExponential, TreeLink::kExponential},
    XgboostObjective{"reg:gamma", TreeTask::kRegression, TreeLink::kExponential, TreeLink::kExponential},
    XgboostObjective{"reg:tweedie", TreeTask::kRegression, TreeLink::kExponential, TreeLink::kExponential},
    XgboostObjective{"survival:cox", TreeTask::kRegression, TreeLink::kExponential, TreeLink::kExponential},
    XgboostObjective{"survival:aft", TreeTask::kRegression, TreeLink::kExponential, TreeLink::kExponential}};

double unlinked(TreeLink link, double prediction) {
  if (link == TreeLink::kExponential) return std::log(prediction);
  if (link == TreeLink::kLogistic) return -std::log(1.0 / prediction - 1.0);
  return prediction;
}

/// The numbers of "5E-1", or of "[5E-1,2E-1]" as newer versions write.
std::vector<double> base_scores(std::string_view text, const ModelJson& where) {
  const std::string whole(text);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::vector<double> scores;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(','));
    double score = 0.0;
    const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), score);
    if (error != std::errc() || end != entry.data() + entry.size()) {
      where.fail("base_score", "a number, or numbers in brackets", shown_text(whole));
    }
    scores.push_back(score);
    text = entry.size() == text.size() ? std::string_view() : text.substr(entry.size() + 1);
  }
  return scores;
}

class XgboostReader {
 public:
  XgboostReader(const nlohmann::json& json, const std::string& name) : name_(name), root_(json, name) {}

  TreeEnsemble read() {
    ensemble_.rule = TreeSplitRule::kXgboost;
    const ModelJson learner = root_.object("learner");
    read_outputs(learner);
    if (learner.has("feature_names")) read_column_names(learner);
    read_trees(learner.object("gradient_booster"));
    check_trees(ensemble_, name_);
    return std::move(ensemble_);
  }

 private:
  void read_outputs(const ModelJson& learner) {
    const ModelJson parameters = learner.object("learner_model_param");
    constexpr std::uint64_t kMostColumns = std::numeric_limits<std::int32_t>::max();
    ensemble_.column_count = parameters.count("num_feature", 0);
    if (ensemble_.column_count < 1 || ensemble_.column_count > kMostColumns) {
      parameters.fail("num_feature", "1 to 2147483647", std::to_string(ensemble_.column_count));
    }
    const ModelJson described = learner.object("objective");
    ensemble_.objective = described.text("name");
    const auto* const objective = std::ranges::find(kXgboostObjectives, ensemble_.objective, &XgboostObjective::name);
    if (objective == kXgboostObjectives.end()) {
      described.fail("name", "an objective of regression, binary or multiclass classification or ranking",
                     shown_text(ensemble_.objective));
    }
    const std::uint64_t class_count = parameters.count("num_class", 0);
    const std::uint64_t target_count = parameters.count("num_target", 1);
    constexpr std::uint64_t kMostOutputs = 65536;
    const auto output_count = std::max<std::uint64_t>({class_count, target_count, 1});
    if (output_count > kMostOutputs) {
      parameters.fail("num_class", "at most " + std::to_string(kMostOutputs), std::to_string(output_count));
    }
    ensemble_.task = objective->task;
    ensemble_.link = objective->link;
    if (ensemble_.task == TreeTask::kClasses && output_count < 2) {
      parameters.fail("num_class", "at least 2", std::to_string(output_count));
    }
    if (ensemble_.task == TreeTask::kBinary && output_count > 1) ensemble_.task = TreeTask::kLabels;
    const std::vector<double> scores = base_scores(parameters.text("base_score"), parameters);
    if (scores.size() != 1 && scores.size() != output_count) {
      parameters.fail("base_score", "1 or " + std::to_string(output_count) + " numbers", std::to_string(scores.size()));
    }
    ensemble_.base.resize(output_count);
    for (std::size_t output = 0; output < output_count; ++output) {
      ensemble_.base[output] = unlinked(objective->base_link, scores[scores.size() == 1 ? 0 : output]);
    }
  }

  void read_column_names(const ModelJson& learner) {
    for (const nlohmann::json& column : learner.list("feature_names")) {
      if (!column.is_string()) learner.fail("feature_names", "texts", column.type_name());
      ensemble_.column_names.push_back(column.get<std::string>());
    }
    const std::size_t count = ensemble_.column_names.size();
    if (count != 0 && count != ensemble_.column_count) {
      learner.fail("feature_names", std::to_string(ensemble_.column_count) + " names", std::to_string(count));
    }
  }

  void read_trees(const ModelJson& booster) {
    const std::string kind = booster.text("name");
    if (kind == "gblinear") booster.fail("name", "gbtree or dart", "'gblinear', a linear model, which has no trees");
    if (kind != "gbtree" && kind != "dart") booster.fail("name", "gbtree or dart", shown_text(kind));
    const ModelJson model = kind == "dart" ? booster.object("gbtree").object("model") : booster.object("model");
    const std::vector<ModelJson> trees = model.objects("trees");
    const std::vector<std::int64_t> outputs = model.integers("tree_info", trees.size());
    std::vector<double> weights(trees.size(), 1.0);
    if (kind == "dart") weights = booster.numbers("weight_drop", trees.size());
    for (std::size_t tree = 0; tree < trees.size(); ++tree) {
      if (outputs[tree] < 0 || outputs[tree] >= static_cast<std::int64_t>(ensemble_.output_count())) {
        model.fail("tree_info", "outputs below " + std::to_string(ensemble_.output_count()),
                   std::to_string(outputs[tree]));
      }
      read_tree(trees[tree], static_cast<std::uint32_t>(outputs[tree]), weights[tree]);
    }
  }

  static std::int32_t node_number(const ModelJson& json, const char* key, std::int64_t number) {
    if (number < -1 || number > std::numeric_limits<std::int32_t>::max()) {
      json.fail(key, "nodes, or -1", std::to_string(number));
    }
    return static_cast<std::int32_t>(number);
  }

  void read_tree(const ModelJson& json, std::uint32_t output, double weight) {
    if (json.has("tree_param") && json.object("tree_param").count("size_leaf_vector", 0) > 1) {
      json.fail("size_leaf_vector", "one number per leaf",
                "several (multi_output_tree); train with multi_strategy one_output_per_tree");
    }
    const std::vector<std::int64_t> left = json.integers("left_children");
    const std::size_t node_count = left.size();
    const std::vector<std::int64_t> right = json.integers("right_children", node_count);
    const std::vector<std::int64_t> columns = json.integers("split_indices", node_count);
    const std::vector<double> conditions = json.numbers("split_conditions", node_count);
    const std::vector<std::int64_t> default_left = json.integers("default_left", node_count);
    std::vector<double> covers(node_count, -1.0);
    if (json.has("sum_hessian")) covers = json.numbers("sum_hessian", node_count);

    Tree tree{.nodes = std::vector<TreeNode>(node_count), .output = output};
    for (std::size_t index = 0; index < node_count; ++index) {
      TreeNode& node = tree.nodes[index];
      node.left = node_number(json, "left_children", left[index]);
      node.right = node_number(json, "right_children", right[index]);
      node.cover = covers[index];
      // Numbers of XGBoost are float32, however they are written.
      const auto condition = static_cast<double>(static_cast<float>(conditions[index]));
      if (node.is_leaf()) {
        node.value = condition * static_cast<double>(static_cast<float>(weight));
        continue;
      }
      if (columns[index] < 0 || columns[index] > std::numeric_limits<std::int32_t>::max()) {
        json.fail("split_indices", "columns", std::to_string(columns[index]));
      }
      node.column = static_cast<std::uint32_t>(columns[index]);
      node.threshold = condition;
      node.is_default_left = default_left[index] != 0;
    }
    read_categories(json, tree);
    ensemble_.trees.push_back(std::move(tree));
  }

  void read_categories(const ModelJson& json, Tree& tree) {
    const std::size_t node_count = tree.nodes.size();
    if (json.has("split_type")) {
      const std::vector<std::int64_t> types = json.integers("split_type", node_count);
      for (std::size_t index = 0; index < node_count; ++index) {
        // Until a set is found for it.
        if (types[index] != 0) tree.nodes[index].category_set = std::numeric_limits<std::int32_t>::max();
      }
    }
    if (!json.has("categories_nodes")) return;
    const std::vector<std::int64_t> nodes = json.integers("categories_nodes");
    const std::vector<std::int64_t> sizes = json.integers("categories_sizes", nodes.size());
    const std::vector<std::int64_t> segments = json.integers("categories_segments", nodes.size());
    const std::vector<std::int64_t> categories = json.integers("categories");
    for (std::size_t set = 0; set < nodes.size(); ++set) {
      if (nodes[set] < 0 || nodes[set] >= static_cast<std::int64_t>(node_count)) {
        json.fail("categories_nodes", "nodes below " + std::to_string(node_count), std::to_string(nodes[set]));
      }
      const auto total = static_cast<std::int64_t>(categories.size());
      if (segments[set] < 0 || sizes[set] < 0 || segments[set] > total || sizes[set] > total - segments[set]) {
        json.fail("categories_sizes", "parts of " + std::to_string(total) + " categories",
                  std::to_string(sizes[set]) + " from " + std::to_string(segments[set]) + " on");
      }
      // A hostile file could use the same categories in every set.
      category_count_ += static_cast<std::size_t>(sizes[set]);
      if (category_count_ > kMostCategories) json.fail("categories_sizes", "fewer categories", "more than 2^28");
      std::vector<std::uint32_t> members;
      for (std::int64_t place = segments[set]; place < segments[set] + sizes[set]; ++place) {
        const std::int64_t category = categories[static_cast<std::size_t>(place)];
        if (category < 0 || category > std::numeric_limits<std::int32_t>::max()) {
          json.fail("categories", "categories of at least 0", std::to_string(category));
        }
        members.push_back(static_cast<std::uint32_t>(category));
      }
      std::ranges::sort(members);
      tree.nodes[static_cast<std::size_t>(nodes[set])].category_set =
          static_cast<std::int32_t>(ensemble_.category_sets.size());
      ensemble_.category_sets.push_back(std::move(members));
    }
  }

  static constexpr std::size_t kMostCategories = std::size_t{1} << 28;

  const std::string& name_;
  ModelJson root_;
  TreeEnsemble ensemble_;
  std::size_t category_count_ = 0;
};

}  // namespace

TreeEnsemble read_xgboost(std::string_view content, const std::string& name) {
  const nlohmann::json json = parse_model_json(content, name);
  return XgboostReader(json, name).read();
}

}  // namespace modattr
