#include "tokenizers/text/aligned_text.h"

#include <algorithm>
#include <limits>

#include "modattr/core/error.h"
#include "tokenizers/text/unicode.h"

namespace modattr {

AlignedText::AlignedText(std::string_view original) {
  if (original.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw DataError("text: expected less than 4 GiB, got " + std::to_string(original.size()) + " bytes");
  }
  chars_.reserve(original.size());
  for (std::size_t place = 0; place < original.size();) {
    const DecodedChar next = decode_char(original, place);
    const std::size_t end = place + next.bytes;
    chars_.push_back({next.code, static_cast<std::uint32_t>(place), static_cast<std::uint32_t>(end)});
    place = end;
  }
}

std::string AlignedText::utf8() const {
  std::string text;
  text.reserve(chars_.size());
  for (const AlignedChar& one : chars_) append_utf8(text, one.code);
  return text;
}

std::u32string AlignedText::codes() const {
  std::u32string codes(chars_.size(), U'\0');
  std::ranges::transform(chars_, codes.begin(), &AlignedChar::code);
  return codes;
}

bool AlignedText::starts_with(std::u32string_view prefix) const noexcept {
  return chars_.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), chars_.begin(),
                    [](char32_t code, const AlignedChar& one) { return code == one.code; });
}

AlignedText AlignedText::slice(std::size_t first, std::size_t end) const {
  const auto begin = chars_.begin();
  AlignedText part({begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(end)}, origin_);
  part.origin_ = part.empty() ? (first < chars_.size() ? chars_[first].first : origin_) : part.chars_.front().first;
  return part;
}

TextSpan AlignedText::span(std::size_t first, std::size_t end) const {
  if (first >= end || end > chars_.size()) return {};
  return {chars_[first].first, std::max(chars_[first].first, chars_[end - 1].end)};
}

void AlignedText::transform(std::span<const CharChange> changes, std::size_t removed_first) {
  std::vector<AlignedChar> changed;
  changed.reserve(changes.size());
  std::size_t next = std::min(removed_first, chars_.size());
  for (const CharChange& change : changes) {
    AlignedChar one{change.code, origin_, origin_};
    // A character that stands for one comes from there, an inserted one from the one before.
    const std::size_t source = change.change > 0 ? next - 1 : next;
    if (source < chars_.size()) one = {change.code, chars_[source].first, chars_[source].end};
    changed.push_back(one);
    if (change.change > 0) continue;
    next = std::min(chars_.size(), next + 1 + static_cast<std::size_t>(-change.change));
  }
  chars_ = std::move(changed);
}

void AlignedText::map(const std::function<char32_t(char32_t)>& change) {
  for (AlignedChar& one : chars_) one.code = change(one.code);
}

void AlignedText::filter(const std::function<bool(char32_t)>& keep) {
  std::erase_if(chars_, [&](const AlignedChar& one) { return !keep(one.code); });
}

void AlignedText::prepend(std::u32string_view front) {
  if (chars_.empty()) return;
  std::vector<AlignedChar> added(front.size(), chars_.front());
  for (std::size_t place = 0; place < front.size(); ++place) added[place].code = front[place];
  chars_.insert(chars_.begin(), added.begin(), added.end());
}

void AlignedText::replace(std::span<const std::pair<std::size_t, std::size_t>> ranges, std::u32string_view content) {
  if (ranges.empty()) return;
  std::vector<AlignedChar> changed;
  changed.reserve(chars_.size());
  std::size_t copied = 0;
  for (const auto& [first, end] : ranges) {
    changed.insert(changed.end(), chars_.begin() + static_cast<std::ptrdiff_t>(copied),
                   chars_.begin() + static_cast<std::ptrdiff_t>(first));
    const AlignedChar source = end > 0 ? chars_[end - 1] : AlignedChar{0, origin_, origin_};
    for (const char32_t code : content) changed.push_back({code, source.first, source.end});
    copied = end;
  }
  changed.insert(changed.end(), chars_.begin() + static_cast<std::ptrdiff_t>(copied), chars_.end());
  chars_ = std::move(changed);
}

void AlignedText::strip_left() {
  const auto first = std::ranges::find_if_not(chars_, [](const AlignedChar& one) { return is_white_space(one.code); });
  chars_.erase(chars_.begin(), first);
}

void AlignedText::strip_right() {
  while (!chars_.empty() && is_white_space(chars_.back().code)) chars_.pop_back();
}

}  // namespace modattr
