#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/trees/tree_reader.h"
#include "shown_text.h"
#include "tree_checks.h"

namespace modattr {
namespace {

struct LightgbmObjective {
  std::string_view name;
  TreeTask task = TreeTask::kRegression;
  TreeLink link = TreeLink::kIdentity;
};

constexpr std::array kLightgbmObjectives = {
    LightgbmObjective{"regression"},
    LightgbmObjective{"regression_l1"},
    LightgbmObjective{"huber"},
    LightgbmObjective{"fair"},
    LightgbmObjective{"quantile"},
    LightgbmObjective{"mape"},
    LightgbmObjective{"lambdarank"},
    LightgbmObjective{"rank_xendcg"},
    LightgbmObjective{"binary", TreeTask::kBinary, TreeLink::kLogistic},
    LightgbmObjective{"multiclass", TreeTask::kClasses},
    LightgbmObjective{"cross_entropy", TreeTask::kRegression, TreeLink::kLogistic},
    LightgbmObjective{"poisson", TreeTask::kRegression, TreeLink::kExponential},
    LightgbmObjective{"gamma", TreeTask::kRegression, TreeLink::kExponential},
    LightgbmObjective{"tweedie", TreeTask::kRegression, TreeLink::kExponential}};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// Lines `key=value` up to an empty one, or one that begins a tree or ends them.
class LightgbmSection {
 public:
  LightgbmSection(std::string_view& rest, std::string where) : where_(std::move(where)) {
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      if (line.starts_with("Tree=") || line.starts_with("end of trees")) return;
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      const std::size_t equals = std::min(line.find('='), line.size());
      if (equals > 0) values_.emplace(line.substr(0, equals), line.substr(std::min(equals + 1, line.size())));
    }
  }

  [[noreturn]] void fail(std::string_view key, const std::string& expected, const std::string& found) const {
    throw ModelError(where_ + ": " + std::string(key) + ": expected " + expected + ", got " + found);
  }
  bool has(std::string_view key) const { return values_.contains(key); }
  std::string_view text(std::string_view key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) fail(key, "a line of it", "none");
    return found->second;
  }
  template <typename Number>
  Number number(std::string_view key) const {
    return parse<Number>(key, text(key));
  }
  /// `count`: how many there have to be.
  template <typename Number>
  std::vector<Number> numbers(std::string_view key, std::size_t count) const {
    std::vector<Number> numbers;
    for (const std::string_view word : words_of(text(key))) numbers.push_back(parse<Number>(key, word));
    if (numbers.size() != count) fail(key, std::to_string(count) + " numbers", std::to_string(numbers.size()));
    return numbers;
  }
  template <typename Number>
  std::optional<std::vector<Number>> find_numbers(std::string_view key, std::size_t count) const {
    return has(key) ? std::optional(numbers<Number>(key, count)) : std::nullopt;
  }

 private:
  template <typename Number>
  Number parse(std::string_view key, std::string_view word) const {
    Number number = {};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) fail(key, "a number", shown_text(word));
    return number;
  }

  std::string where_;
  std::map<std::string_view, std::string_view> values_;
};

class LightgbmReader {
 public:
  LightgbmReader(std::string_view content, const std::string& name) : rest_(content), name_(name) {}

  TreeEnsemble read() {
    if (!tree_format_of(rest_)) throw ModelError(name_ + ": expected a LightGBM model in text, got another file");
    ensemble_.rule = TreeSplitRule::kLightgbm;
    const LightgbmSection header(rest_, name_);
    read_header(header);
    while (rest_.starts_with("Tree=")) read_tree();
    if (!rest_.starts_with("end of trees")) {
      throw ModelError(name_ + ": expected \"end of trees\" after tree " + std::to_string(ensemble_.trees.size()) +
                       ", got the end of the file; is it complete?");
    }
    if (ensemble_.trees.size() % ensemble_.output_count() != 0) {
      throw ModelError(name_ + ": expected a multiple of " + std::to_string(ensemble_.output_count()) + " trees, got " +
                       std::to_string(ensemble_.trees.size()));
    }
    if (is_average_)
      scale_leaves(static_cast<double>(ensemble_.output_count()) /
                   static_cast<double>(std::max<std::size_t>(ensemble_.trees.size(), 1)));
    scale_leaves(sigmoid_);
    check_trees(ensemble_, name_);
    return std::move(ensemble_);
  }

 private:
  void read_header(const LightgbmSection& header) {
    constexpr std::int64_t kMostColumns = std::numeric_limits<std::int32_t>::max();
    const auto last_column = header.number<std::int64_t>("max_feature_idx");
    if (last_column < 0 || last_column >= kMostColumns) {
      header.fail("max_feature_idx", "0 to 2147483646", std::to_string(last_column));
    }
    ensemble_.column_count = static_cast<std::size_t>(last_column) + 1;
    for (const std::string_view column : words_of(header.text("feature_names"))) {
      ensemble_.column_names.emplace_back(column);
    }
    if (ensemble_.column_names.size() != ensemble_.column_count) {
      header.fail("feature_names", std::to_string(ensemble_.column_count) + " names",
                  std::to_string(ensemble_.column_names.size()));
    }
    const std::vector<std::string>& names = ensemble_.column_names;
    bool are_generic = true;
    for (std::size_t column = 0; column < names.size(); ++column) {
      are_generic &= names[column] == "Column_" + std::to_string(column);
    }
    // Given where there were none.
    if (are_generic) ensemble_.column_names.clear();
    is_average_ = header.has("average_output");
    read_objective(header);
    const auto output_count =
        header.number<std::uint64_t>(header.has("num_tree_per_iteration") ? "num_tree_per_iteration" : "num_class");
    constexpr std::uint64_t kMostOutputs = 65536;
    const bool has_classes = ensemble_.task == TreeTask::kClasses;
    if (output_count > kMostOutputs || output_count < (has_classes ? 2U : 1U) || (output_count > 1 && !has_classes)) {
      header.fail("num_tree_per_iteration", has_classes ? "2 to 65536" : "1", std::to_string(output_count));
    }
    ensemble_.base.assign(output_count, 0.0);
  }

  void read_objective(const LightgbmSection& header) {
    if (!header.has("objective")) {
      header.fail("objective", "one of LightGBM's own", "none, as a function of one's own leaves it");
    }
    const std::string_view text = header.text("objective");
    const std::vector<std::string_view> words = words_of(text);
    const auto* const objective = std::ranges::find(
        kLightgbmObjectives, words.empty() ? std::string_view() : words.front(), &LightgbmObjective::name);
    if (objective == kLightgbmObjectives.end()) {
      header.fail("objective", "one of regression, binary or multiclass classification or ranking", shown_text(text));
    }
    ensemble_.objective = std::string(text);
    ensemble_.task = objective->task;
    ensemble_.link = objective->link;
    for (const std::string_view word : words) {
      if (word == "sqrt") ensemble_.link = TreeLink::kSignedSquare;
      constexpr std::string_view kSigmoid = "sigmoid:";
      if (!word.starts_with(kSigmoid) || objective->task != TreeTask::kBinary) continue;
      const std::string_view digits = word.substr(kSigmoid.size());
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), sigmoid_);
      if (error != std::errc() || end != digits.data() + digits.size() || !(sigmoid_ > 0.0)) {
        header.fail("objective", "a sigmoid above 0", shown_text(text));
      }
    }
  }

  /// A child that is negative is leaf -child - 1; leaves stand behind the splits here.
  static std::int32_t child(std::int64_t number, std::size_t split_count, std::size_t leaf_count,
                            const LightgbmSection& section, const char* key) {
    if (number >= static_cast<std::int64_t>(split_count) || number < -static_cast<std::int64_t>(leaf_count)) {
      section.fail(key, "nodes below " + std::to_string(split_count) + ", or leaves", std::to_string(number));
    }
    const std::int64_t index = number < 0 ? static_cast<std::int64_t>(split_count) - number - 1 : number;
    return static_cast<std::int32_t>(index);
  }

  void read_tree() {
    const std::size_t number = ensemble_.trees.size();
    rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size() - 1) + 1);
    const LightgbmSection section(rest_, name_ + ": tree " + std::to_string(number));
    if (section.has("is_linear") && section.text("is_linear") != "0") {
      section.fail("is_linear", "0", "a linear model in every leaf; train with linear_tree=false");
    }
    const auto leaf_count = section.number<std::uint32_t>("num_leaves");
    const std::size_t most_leaves = section.text("leaf_value").size();
    if (leaf_count < 1 || leaf_count > most_leaves) {
      section.fail("num_leaves", "as many as in leaf_value", std::to_string(leaf_count));
    }
    const std::size_t split_count = leaf_count - 1;
    Tree tree{.nodes = std::vector<TreeNode>(split_count + leaf_count),
              .output = static_cast<std::uint32_t>(number % ensemble_.output_count())};
    const std::vector<double> values = section.numbers<double>("leaf_value", leaf_count);
    std::optional<std::vector<double>> leaf_covers;
    if (split_count == 0)
      leaf_covers = std::vector<double>{1.0};
    else
      leaf_covers = section.find_numbers<double>("leaf_count", leaf_count);
    for (std::size_t leaf = 0; leaf < leaf_count; ++leaf) {
      TreeNode& node = tree.nodes[split_count + leaf];
      node.value = values[leaf];
      node.cover = leaf_covers ? (*leaf_covers)[leaf] : -1.0;
    }
    if (split_count > 0) read_splits(section, tree, split_count);
    ensemble_.trees.push_back(std::move(tree));
  }

  void read_splits(const LightgbmSection& section, Tree& tree, std::size_t split_count) {
    constexpr unsigned kIsCategorical = 1;
    constexpr unsigned kIsDefaultLeft = 2;
    const std::size_t leaf_count = split_count + 1;
    const auto left = section.numbers<std::int64_t>("left_child", split_count);
    const auto right = section.numbers<std::int64_t>("right_child", split_count);
    const auto columns = section.numbers<std::uint32_t>("split_feature", split_count);
    const auto thresholds = section.numbers<double>("threshold", split_count);
    const auto decisions = section.numbers<unsigned>("decision_type", split_count);
    const auto covers = section.find_numbers<double>("internal_count", split_count);
    const std::size_t first_set = read_category_sets(section);
    for (std::size_t split = 0; split < split_count; ++split) {
      TreeNode& node = tree.nodes[split];
      node.left = child(left[split], split_count, leaf_count, section, "left_child");
      node.right = child(right[split], split_count, leaf_count, section, "right_child");
      node.column = columns[split];
      node.threshold = thresholds[split];
      node.is_default_left = (decisions[split] & kIsDefaultLeft) != 0;
      const unsigned missing = decisions[split] >> 2U & 3U;
      if (missing > 2 || decisions[split] > 15) {
        section.fail("decision_type", "0 to 11", std::to_string(decisions[split]));
      }
      node.missing = static_cast<MissingValues>(missing);
      node.cover = covers ? (*covers)[split] : -1.0;
      if ((decisions[split] & kIsCategorical) == 0) continue;
      const std::size_t set_count = ensemble_.category_sets.size() - first_set;
      if (!(thresholds[split] >= 0.0 && thresholds[split] < static_cast<double>(set_count))) {
        section.fail("threshold", "one of " + std::to_string(set_count) + " sets of categories",
                     std::to_string(thresholds[split]));
      }
      node.category_set = static_cast<std::int32_t>(first_set + static_cast<std::size_t>(thresholds[split]));
    }
  }

  /// Reads the sets of a tree's categories, kept as bits of 32-bit words, and returns the number of the first.
  std::size_t read_category_sets(const LightgbmSection& section) {
    const std::size_t first = ensemble_.category_sets.size();
    const std::uint64_t set_count = section.has("num_cat") ? section.number<std::uint32_t>("num_cat") : 0;
    if (set_count == 0) return first;
    const auto boundaries = section.numbers<std::size_t>("cat_boundaries", set_count + 1);
    if (!std::ranges::is_sorted(boundaries) || boundaries.front() != 0) {
      section.fail("cat_boundaries", "numbers that ascend from 0", "others");
    }
    const auto words = section.numbers<std::uint32_t>("cat_threshold", boundaries.back());
    for (std::size_t set = 0; set < set_count; ++set) {
      std::vector<std::uint32_t> members;
      for (std::size_t word = boundaries[set]; word < boundaries[set + 1]; ++word) {
        constexpr std::uint32_t kBits = 32;
        for (std::uint32_t bit = 0; bit < kBits; ++bit) {
          if ((words[word] >> bit & 1U) == 0) continue;
          members.push_back(static_cast<std::uint32_t>(word - boundaries[set]) * kBits + bit);
        }
      }
      ensemble_.category_sets.push_back(std::move(members));
    }
    return first;
  }

  void scale_leaves(double factor) {
    for (Tree& tree : ensemble_.trees) {
      for (TreeNode& node : tree.nodes) node.value *= factor;
    }
  }

  std::string_view rest_;
  const std::string& name_;
  TreeEnsemble ensemble_;
  bool is_average_ = false;
  double sigmoid_ = 1.0;
};

}  // namespace

TreeEnsemble read_lightgbm(std::string_view content, const std::string& name) {
  return LightgbmReader(content, name).read();
}

}  // namespace modattr
