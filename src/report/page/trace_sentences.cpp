#include "trace_sentences.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "modattr/report/number_format.h"

namespace modattr {
namespace {

using Details = std::vector<Detail>;

/// p-values below it are called unusual.
constexpr double kUnusual = 0.05;

template <typename Type>
const Type* find_value(const Details& details, std::string_view name) {
  const auto found = std::ranges::find(details, name, &Detail::name);
  return found == details.end() ? nullptr : std::get_if<Type>(&found->value);
}

const Details& object_in(const Details& details, std::string_view name) {
  static const Details none;
  const auto* object = find_value<Detail::Object>(details, name);
  return object == nullptr ? none : object->members;
}

std::optional<double> number_in(const Details& details, std::string_view name) {
  if (const auto* number = find_value<double>(details, name)) return *number;
  if (const auto* count = find_value<std::int64_t>(details, name)) return static_cast<double>(*count);
  return std::nullopt;
}

std::string word_in(const Details& details, std::string_view name) {
  const auto* text = find_value<std::string>(details, name);
  return text == nullptr ? "" : *text;
}

/// The smallest of some p-values, which counts for as many as there are.
std::optional<double> least_p(const Details& evidence, const std::array<std::string_view, 3>& names) {
  std::optional<double> least;
  double count = 0.0;
  for (const std::string_view name : names) {
    const std::optional<double> value = number_in(evidence, name);
    if (!value) continue;
    least = std::min(least.value_or(1.0), *value);
    count += 1.0;
  }
  return least ? std::optional(std::min(1.0, *least * count)) : std::nullopt;
}

std::string typicality_sentence(const Details& evidence) {
  const std::optional<double> overall = least_p(evidence, {"p_data", "p_encoding", "p_behaviour"});
  const std::optional<double> label = least_p(evidence, {"p_data_label", "p_encoding_label", "p_behaviour_label"});
  if (!overall && !label) return "cannot be compared";
  const auto one_in = [](double p_value) { return " (1 in " + format_fixed(std::floor(1.0 / p_value), 0) + ")"; };
  if (overall && *overall <= kUnusual) return "is unusual" + one_in(*overall);
  if (label && *label <= kUnusual) return "is unusual for this label" + one_in(*label);
  return "is not unusual";
}

std::string place_sentence(const Details& where) {
  const auto* players = find_value<Detail::List>(where, "players");
  if (players == nullptr) return "";
  const std::string modality = word_in(where, "modality");
  std::string names;
  for (const Detail& player : players->values) {
    const auto* object = std::get_if<Detail::Object>(&player.value);
    if (object != nullptr) names += (names.empty() ? "" : "; ") + word_in(object->members, "name");
  }
  if (names.empty()) return "No part of the " + modality + " is in the way by itself.";
  const double full = number_in(where, "value").value_or(0.0);
  const double without = number_in(where, "value_without").value_or(0.0);
  const NumberFormat format(std::max(std::abs(full), std::abs(without)), Orientation::kHigherIsBetter);
  return "In the " + modality + ": without " + names + " the value of the right answer goes from " + format(full, "–") +
         " to " + format(without, "–") + ".";
}

}  // namespace

TraceSentences trace_sentences(const std::vector<Detail>& details) {
  TraceSentences sentences;
  if (const auto* right = find_value<bool>(details, "right")) sentences.is_right = *right;
  const bool is_right = sentences.is_right.value_or(false);
  sentences.verdict = word_in(details, "verdict");
  sentences.confidence = number_in(details, "confidence");
  for (const Detail& modality : object_in(details, "evidence")) {
    const auto* own = std::get_if<Detail::Object>(&modality.value);
    if (own == nullptr) continue;
    sentences.evidence.push_back("With another " + modality.name + " " +
                                 (is_right ? "the answer stays right in " : "the right answer comes in ") +
                                 format_fixed(number_in(own->members, "repaired").value_or(0.0), 0) + " of " +
                                 format_fixed(number_in(own->members, "donors").value_or(0.0), 0) + " cases; the " +
                                 modality.name + " " + typicality_sentence(own->members) + ".");
  }
  if (const std::optional<double> probability = number_in(details, "probability_of_label")) {
    sentences.evidence.push_back("The model gives the right answer " + format_fixed(100.0 * *probability, 1) + " %.");
  }
  for (const Detail& part : object_in(details, "probability")) {
    const auto* value = std::get_if<double>(&part.value);
    if (value != nullptr) sentences.probabilities.emplace_back(part.name, *value);
  }
  const std::string place = sentences.verdict == "model" ? "" : place_sentence(object_in(details, "where"));
  if (!place.empty()) sentences.evidence.push_back(place);
  return sentences;
}

}  // namespace modattr
