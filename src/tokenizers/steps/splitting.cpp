#include "tokenizers/steps/splitting.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace modattr {
namespace {

/// A match, or what lies between two.
struct Stretch {
  std::size_t first = 0;
  std::size_t end = 0;
  bool is_match = false;
};

std::vector<Stretch> stretches_of(const AlignedText& text, const std::vector<CharRange>& matches, SplitSense sense) {
  const bool match = sense == SplitSense::kMatches;
  std::vector<Stretch> stretches;
  stretches.reserve(2 * matches.size() + 1);
  std::size_t done = 0;
  for (const auto& [first, end] : matches) {
    if (done < first) stretches.push_back({done, first, !match});
    stretches.push_back({first, end, match});
    done = end;
  }
  if (done < text.size()) stretches.push_back({done, text.size(), !match});
  return stretches;
}

/// Joins a stretch with the one before it where `joins(stretch, match before)`.
template <typename Joins>
std::vector<Stretch> joined(const std::vector<Stretch>& stretches, Joins joins) {
  std::vector<Stretch> result;
  bool last_was_match = false;
  for (const Stretch& stretch : stretches) {
    if (joins(stretch.is_match, last_was_match) && !result.empty()) {
      result.back().first = std::min(result.back().first, stretch.first);
      result.back().end = std::max(result.back().end, stretch.end);
    } else {
      result.push_back(stretch);
    }
    last_was_match = stretch.is_match;
  }
  return result;
}

}  // namespace

void cut_parts(std::vector<TextPart>& parts, const PartCutter& cut) {
  std::vector<TextPart> cut_up;
  cut_up.reserve(parts.size());
  std::vector<AlignedText> pieces;
  for (TextPart& part : parts) {
    if (part.id) {
      cut_up.push_back(std::move(part));
      continue;
    }
    pieces.clear();
    cut(std::move(part.text), pieces);
    for (AlignedText& piece : pieces) {
      if (!piece.empty()) cut_up.push_back({std::move(piece)});
    }
  }
  parts = std::move(cut_up);
}

void split_at(const AlignedText& text, const std::vector<CharRange>& matches, SplitOptions options,
              std::vector<AlignedText>& pieces) {
  std::vector<Stretch> stretches = stretches_of(text, matches, options.sense);
  const auto to_neighbour = [](bool is_match, bool last_was_match) { return is_match && !last_was_match; };
  switch (options.behavior) {
    case SplitBehavior::kRemoved:
      std::erase_if(stretches, [](const Stretch& stretch) { return stretch.is_match; });
      break;
    case SplitBehavior::kIsolated:
      break;
    case SplitBehavior::kContiguous:
      stretches = joined(stretches, [](bool is_match, bool last_was_match) { return is_match == last_was_match; });
      break;
    case SplitBehavior::kMergedWithPrevious:
      stretches = joined(stretches, to_neighbour);
      break;
    case SplitBehavior::kMergedWithNext:
      std::ranges::reverse(stretches);
      stretches = joined(stretches, to_neighbour);
      std::ranges::reverse(stretches);
      break;
  }
  for (const Stretch& stretch : stretches) pieces.push_back(text.slice(stretch.first, stretch.end));
}

std::vector<CharRange> matching_chars(const AlignedText& text, const std::function<bool(char32_t)>& is_match) {
  std::vector<CharRange> matches;
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (is_match(text[place])) matches.emplace_back(place, place + 1);
  }
  return matches;
}

}  // namespace modattr
