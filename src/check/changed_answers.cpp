#include "modattr/check/changed_answers.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "modattr/check/comparable.h"

namespace modattr {
namespace {

/// Whether answers are right, by id, and the ids in the order of the file.
struct Answers {
  std::vector<std::string> ids;
  std::map<std::string, bool> are_right;

  void add(const std::string& id, bool is_right) {
    if (are_right.emplace(id, is_right).second) ids.push_back(id);
  }
};

/// Of all examples of the set that have a class and a predicted one; no ids where one of them has none.
Answers answers_by_class(const ResultSet& set) {
  Answers answers;
  for (const ExampleRecord& record : set.table.examples) {
    // A drop knows of no answer; other runs may.
    if (!record.id || record.attribution.method == kPermutationMethod) continue;
    if (!record.label || !record.predicted) return {};
    answers.add(*record.id, *record.label == static_cast<double>(*record.predicted));
  }
  return answers;
}

/// The wrong answers that were traced.
Answers traced_answers(const ResultSet& set) {
  Answers answers;
  for (const ExampleRecord& record : set.traced) {
    if (!record.id) continue;
    const auto right = std::ranges::find(record.attribution.details, "right", &Detail::name);
    const bool* is_right = right == record.attribution.details.end() ? nullptr : std::get_if<bool>(&right->value);
    if (is_right != nullptr && !*is_right) answers.add(*record.id, false);
  }
  return answers;
}

/// Whether the traced answers are all wrong ones of the set.
bool traces_all(const ResultSet& set, std::size_t wrong_count) {
  return std::ranges::any_of(set.table.rows, [&](const Score& row) {
    return row.definition == "trace.share" && !row.group && row.examples == wrong_count;
  });
}

}  // namespace

std::optional<ChangedAnswers> changed_answers(const ResultSet& baseline, const ResultSet& next) {
  if (!same_data(baseline, next)) return std::nullopt;
  ChangedAnswers changed;
  const Answers old_answers = answers_by_class(baseline);
  const Answers new_answers = answers_by_class(next);
  if (!old_answers.ids.empty() && old_answers.ids.size() == new_answers.ids.size()) {
    for (const std::string& id : new_answers.ids) {
      const auto old_answer = old_answers.are_right.find(id);
      const bool is_right = new_answers.are_right.at(id);
      if (old_answer == old_answers.are_right.end() || old_answer->second == is_right) continue;
      (is_right ? changed.wrong_to_right : changed.right_to_wrong).push_back(id);
    }
    return changed;
  }
  const Answers old_wrong = traced_answers(baseline);
  const Answers new_wrong = traced_answers(next);
  if (!traces_all(baseline, old_wrong.ids.size()) || !traces_all(next, new_wrong.ids.size())) return std::nullopt;
  for (const std::string& id : new_wrong.ids) {
    if (!old_wrong.are_right.contains(id)) changed.right_to_wrong.push_back(id);
  }
  for (const std::string& id : old_wrong.ids) {
    if (!new_wrong.are_right.contains(id)) changed.wrong_to_right.push_back(id);
  }
  return changed;
}

}  // namespace modattr
