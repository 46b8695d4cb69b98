#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unicode/brkiter.h>
#include <unicode/unistr.h>

#include "modattr/core/error.h"
#include "tokenizers/steps/normalizer.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

/// A double-array trie of Darts-clone: units of 32 bits.
class DoubleArray {
 public:
  explicit DoubleArray(std::vector<std::uint32_t> units) : units_(std::move(units)) {}

  /// The number of the shortest string that the key begins with.
  std::optional<std::size_t> shortest_prefix(std::string_view key) const {
    std::size_t node = 0;
    if (units_.empty()) return std::nullopt;
    node ^= offset(units_[node]);
    for (const char letter : key) {
      const auto byte = static_cast<unsigned char>(letter);
      if (byte == 0) break;
      node ^= byte;
      if (node >= units_.size() || label(units_[node]) != byte) return std::nullopt;
      const std::uint32_t unit = units_[node];
      node ^= offset(unit);
      if (!has_leaf(unit)) continue;
      if (node >= units_.size()) return std::nullopt;
      return value(units_[node]);
    }
    return std::nullopt;
  }

 private:
  static bool has_leaf(std::uint32_t unit) { return ((unit >> 8U) & 1U) == 1U; }
  static std::uint32_t value(std::uint32_t unit) { return unit & 0x7FFFFFFFU; }
  static std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FFU; }
  static std::size_t offset(std::uint32_t unit) { return (unit >> 10U) << ((unit & (1U << 9U)) >> 6U); }

  std::vector<std::uint32_t> units_;
};

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (std::size_t place = 4; place-- > 0;) number = (number << 8U) | static_cast<unsigned char>(bytes[place]);
  return number;
}

/// Where the grapheme clusters of a text begin, and its end, in characters.
std::vector<std::size_t> grapheme_bounds(const AlignedText& text) {
  bool is_simple = true;
  for (std::size_t place = 0; place < text.size() && is_simple; ++place) {
    is_simple = text[place] < 0x300 && text[place] != '\r';
  }
  std::vector<std::size_t> bounds;
  if (is_simple) {
    for (std::size_t place = 0; place <= text.size(); ++place) bounds.push_back(place);
    return bounds;
  }
  UErrorCode status = U_ZERO_ERROR;
  thread_local const std::unique_ptr<icu::BreakIterator> breaks(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status) || !breaks) throw DataError("ICU: expected its data of grapheme clusters, got none");
  const std::u32string codes = text.codes();
  const icu::UnicodeString units = icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(codes.data()),
                                                                 static_cast<std::int32_t>(codes.size()));
  breaks->setText(units);
  std::int32_t last = 0;
  std::size_t place = 0;
  for (std::int32_t bound = breaks->first(); bound != icu::BreakIterator::DONE; bound = breaks->next()) {
    place += static_cast<std::size_t>(units.countChar32(last, bound - last));
    bounds.push_back(place);
    last = bound;
  }
  return bounds;
}

class Precompiled final : public Normalizer {
 public:
  Precompiled(DoubleArray trie, std::string texts) : trie_(std::move(trie)), texts_(std::move(texts)) {}

  void apply(AlignedText& text) const override {
    const std::vector<std::size_t> bounds = grapheme_bounds(text);
    std::vector<CharChange> changes;
    changes.reserve(text.size());
    bool is_changed = false;
    std::string bytes;
    for (std::size_t cluster = 0; cluster + 1 < bounds.size(); ++cluster) {
      const std::size_t first = bounds[cluster];
      const std::size_t count = bounds[cluster + 1] - first;
      bytes.clear();
      for (std::size_t place = first; place < first + count; ++place) append_utf8(bytes, text[place]);
      // Longer clusters are looked up character by character only.
      constexpr std::size_t kMostBytes = 5;
      if (bytes.size() <= kMostBytes && replace(bytes, count, changes)) {
        is_changed = true;
        continue;
      }
      for (std::size_t place = first; place < first + count; ++place) {
        bytes.clear();
        append_utf8(bytes, text[place]);
        if (replace(bytes, 1, changes)) {
          is_changed = true;
        } else {
          changes.push_back({text[place], 0});
        }
      }
    }
    if (is_changed) text.transform(changes);
  }

 private:
  /// Appends what stands for `count` characters; false where they stay.
  bool replace(std::string_view bytes, std::size_t count, std::vector<CharChange>& changes) const {
    const std::optional<std::size_t> place = trie_.shortest_prefix(bytes);
    if (!place || *place >= texts_.size()) return false;
    const std::string_view rest = std::string_view(texts_).substr(*place);
    const std::u32string content = decode_text(rest.substr(0, rest.find('\0')));
    for (std::size_t added = 0; added < content.size(); ++added) {
      changes.push_back({content[added], added < count ? 0 : 1});
    }
    if (content.size() < count && !changes.empty()) {
      changes.back().change -= static_cast<std::int32_t>(count - content.size());
    }
    return true;
  }

  DoubleArray trie_;
  std::string texts_;
};

}  // namespace

std::unique_ptr<Normalizer> make_precompiled(std::string_view charsmap, const std::string& where) {
  const std::size_t trie_bytes = charsmap.size() < 4 ? 0 : little_endian(charsmap);
  if (charsmap.size() < 4 || trie_bytes > charsmap.size() - 4 || trie_bytes % 4 != 0) {
    throw DataError(where + ": expected the size of a trie in bytes, the trie and texts, got " +
                    std::to_string(charsmap.size()) + " bytes that do not hold them");
  }
  std::vector<std::uint32_t> units;
  for (std::size_t place = 4; place < 4 + trie_bytes; place += 4)
    units.push_back(little_endian(charsmap.substr(place, 4)));
  return std::make_unique<Precompiled>(DoubleArray(std::move(units)), std::string(charsmap.substr(4 + trie_bytes)));
}

}  // namespace modattr
