#include "explained_text.h"

#include <algorithm>
#include <utility>

#include "class_names.h"
#include "modattr/report/number_format.h"
#include "modattr/report/text.h"

namespace modattr {
namespace {

/// A class or label by its name, else by its index.
std::string class_words(const Config& config, const std::string& target) {
  const std::uint32_t index = class_of_word(config, target);
  const std::optional<std::string> name = class_name(config, index);
  return name ? name_among_numbers(*name) : std::to_string(index);
}

std::string target_words(const Config& config, const std::string& target, bool is_single_output) {
  const bool is_index = target != "predicted" && target != "label";
  if (config.model.kind == OutputKind::kRegression) {
    return is_index && !is_single_output ? " " + target : "";
  }
  if (predicts_label_sets(config.model.kind)) {
    if (is_index) return " of label " + class_words(config, target);
    return target == "label" ? " of the true labels, their mean" : " of the most probable label";
  }
  return is_index ? " of class " + class_words(config, target)
                  : " of the " + (target == "label" ? target : target + " class");
}

std::string value_words(const Experiment& experiment, const ExplainedTargets& targets, const ExplainedBy& by) {
  std::string text;
  if (targets.value == ValueKind::kLoss) {
    text = "minus the loss";
    const bool is_one_label = predicts_label_sets(experiment.config().model.kind) && by.target != "label";
    if (is_one_label) text += " of label " + class_words(experiment.config(), by.target);
  } else if (experiment.config().model.kind == OutputKind::kCausalLm) {
    text = "mean log probability of the label tokens";
  } else {
    text = value_names()[static_cast<std::size_t>(targets.value)];
    std::ranges::replace(text, '_', ' ');
    text += target_words(experiment.config(), by.target, experiment.output_width() == 1);
  }
  return by.is_whole_set ? text + ", mean over the set" : text;
}

std::string evaluation_words(std::span<const ExampleRecord> records) {
  if (records.empty()) return {};
  const auto [least, most] =
      std::ranges::minmax(records, {}, [](const ExampleRecord& record) { return record.attribution.evaluation_count; });
  const std::size_t lowest = least.attribution.evaluation_count;
  const std::size_t highest = most.attribution.evaluation_count;
  const std::string low = lowest == highest ? "" : std::to_string(lowest) + " to ";
  return low + counted(highest, "evaluation") + " per example";
}

std::string removal_words(const RemovalConfig& removal) {
  const std::string type = removal_names()[static_cast<std::size_t>(removal.type)];
  if (removal.type == RemovalType::kToken) return type + " " + std::to_string(removal.token_id.value_or(0));
  if (removal.type == RemovalType::kEmpty) return "leaving it out of the text";
  if (removal.type == RemovalType::kValue) return type + " " + format_exact(removal.value);
  return type;
}

/// "a, b and c"
std::string listed(const std::vector<std::string>& names) {
  std::string text = names.front();
  for (std::size_t place = 1; place < names.size(); ++place) {
    text += (place + 1 < names.size() ? ", " : " and ") + names[place];
  }
  return text;
}

/// Each removal once, with the modalities that it removes.
std::string removals(const Experiment& experiment, const RemovalSetup& removal) {
  const std::vector<ModalityConfig>& modalities = experiment.config().modalities;
  // What removes, and the names of the modalities that it removes.
  std::vector<std::pair<std::string, std::vector<std::string>>> parts;
  for (std::size_t modality = 0; modality < modalities.size(); ++modality) {
    const std::string words = removal.rows().uses_background(modality)
                                  ? counted(removal.background_count().value_or(0), "row") + " of the background"
                                  : removal_words(modalities[modality].removal);
    const auto same = std::ranges::find(parts, words, [](const auto& part) { return part.first; });
    if (same != parts.end()) {
      same->second.push_back(modalities[modality].name);
    } else {
      parts.push_back({words, {modalities[modality].name}});
    }
  }
  std::string text;
  for (const auto& [words, names] : parts) {
    text += (text.empty() ? "" : ", ") + listed(names) + (text.empty() ? " removed by " : " by ") + words;
  }
  return text;
}

}  // namespace

std::vector<std::string> explained_text(const Experiment& experiment, const ExplainedTargets& targets,
                                        const RemovalSetup& removal, const ExplainedBy& by,
                                        std::span<const ExampleRecord> records) {
  std::vector<std::string> parts{value_words(experiment, targets, by)};
  if (!by.index.empty()) parts.push_back(by.index);
  const std::string evaluations = evaluation_words(records);
  parts.push_back(by.method + (by.method.empty() || evaluations.empty() ? "" : ", ") + evaluations);
  if (parts.back().empty()) parts.pop_back();
  parts.push_back(by.removal.empty() ? removals(experiment, removal) : by.removal);
  return parts;
}

std::vector<std::string> traced_text(const CasesSetup& cases) {
  const std::string rule = cases.judge().rule();
  return rule.empty() ? std::vector<std::string>{} : std::vector<std::string>{"an answer is wrong if " + rule};
}

}  // namespace modattr
