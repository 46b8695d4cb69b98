#include "modattr/core/evaluation_header.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace modattr {
namespace {

std::string in_words(const EvaluationHeader::Field* field) {
  return field == nullptr ? "nothing more" : field->name + " '" + field->value + "'";
}

std::string expected(const std::string& ours, const std::string& theirs) {
  return "expected " + ours + ", got " + theirs;
}

}  // namespace

void EvaluationHeader::add_text(std::string name, const std::optional<std::string>& text) {
  fields.push_back({std::move(name), text.value_or("none")});
}

void EvaluationHeader::add_count(std::string name, std::optional<std::uint64_t> count) {
  fields.push_back({std::move(name), count ? std::to_string(*count) : "none"});
}

void EvaluationHeader::add_number(std::string name, std::optional<double> number) {
  std::array<char, 32> text{};
  if (number) std::snprintf(text.data(), text.size(), "%.17g", *number);
  fields.push_back({std::move(name), number ? text.data() : "none"});
}

void EvaluationHeader::add_counts(std::string name, std::span<const std::size_t> counts) {
  std::string text;
  for (const std::size_t count : counts) text += (text.empty() ? "" : " ") + std::to_string(count);
  fields.push_back({std::move(name), text});
}

std::optional<std::string> EvaluationHeader::difference(const EvaluationHeader& other) const {
  if (engine != other.engine) return expected("engine '" + engine + "'", "'" + other.engine + "'");
  if (layout != other.layout) {
    return expected("layout " + std::to_string(layout), std::to_string(other.layout) + " of another version");
  }
  for (std::size_t place = 0; place < std::max(fields.size(), other.fields.size()); ++place) {
    const Field* const ours = place < fields.size() ? &fields[place] : nullptr;
    const Field* const theirs = place < other.fields.size() ? &other.fields[place] : nullptr;
    if (ours != nullptr && theirs != nullptr && *ours == *theirs) continue;
    return expected(in_words(ours), in_words(theirs));
  }
  if (shared != other.shared) {
    return expected("one set of players and coalitions for all examples", "different ones");
  }
  return std::nullopt;
}

}  // namespace modattr
