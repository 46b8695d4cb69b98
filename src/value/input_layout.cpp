#include "modattr/value/input_layout.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "modattr/core/error.h"

namespace modattr {
namespace {

std::optional<std::int64_t> parse_column(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
  // The end of a range, one further, must be a number too.
  if (value == std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return value;
}

std::optional<ColumnRange> parse_range(std::string_view text) {
  const auto colon = text.find(':');
  const std::optional<std::int64_t> first = parse_column(text.substr(0, colon));
  const std::optional<std::int64_t> end =
      colon == std::string_view::npos ? first : parse_column(text.substr(colon + 1));
  if (!first || !end) return std::nullopt;
  const ColumnRange range{*first, colon == std::string_view::npos ? *end + 1 : *end};
  if (range.first >= range.end) return std::nullopt;
  return range;
}

bool overlap(const std::vector<ColumnRange>& a, const std::vector<ColumnRange>& b) {
  if (a.empty() || b.empty()) return true;
  return std::ranges::any_of(a, [&](const ColumnRange& left) {
    return std::ranges::any_of(
        b, [&](const ColumnRange& right) { return left.first < right.end && right.first < left.end; });
  });
}

}  // namespace

std::optional<InputReference> parse_input_reference(std::string_view text) {
  const auto bracket = text.find('[');
  InputReference reference{std::string(text.substr(0, bracket)), {}};
  if (reference.input.empty()) return std::nullopt;
  if (bracket == std::string_view::npos) return reference;
  if (text.back() != ']') return std::nullopt;
  std::string_view list = text.substr(bracket + 1, text.size() - bracket - 2);
  for (bool more = true; more;) {
    const auto comma = list.find(',');
    const std::optional<ColumnRange> range = parse_range(list.substr(0, comma));
    if (!range) return std::nullopt;
    for (const ColumnRange& earlier : reference.columns) {
      if (range->first < earlier.end && earlier.first < range->end) return std::nullopt;
    }
    reference.columns.push_back(*range);
    more = comma != std::string_view::npos;
    if (more) list.remove_prefix(comma + 1);
  }
  return reference;
}

std::vector<std::string> InputLayout::input_names() const {
  std::vector<std::string> names;
  for (const LayoutInput& input : inputs) names.push_back(input.name);
  return names;
}

InputLayout make_input_layout(std::span<const ModalityInputs> modalities) {
  std::vector<std::string> names;
  for (const ModalityInputs& modality : modalities) names.push_back(modality.name);
  InputLayout layout{Players::whole(names), {}};
  for (std::size_t modality = 0; modality < modalities.size(); ++modality) {
    for (const InputReference& reference : modalities[modality].inputs) {
      auto found = std::ranges::find(layout.inputs, reference.input, &LayoutInput::name);
      if (found == layout.inputs.end()) found = layout.inputs.insert(found, {reference.input, {}});
      for (const InputPart& other : found->parts) {
        if (overlap(other.columns, reference.columns)) {
          throw ConfigError("modalities: expected parts of input '" + reference.input + "' that do not overlap, got '" +
                            names[other.modality] + "' and '" + names[modality] + "' on the same data");
        }
      }
      found->parts.push_back({modality, reference.columns});
    }
  }
  return layout;
}

}  // namespace modattr
