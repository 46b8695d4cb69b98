#include "tokenizers/models/unigram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "modattr/core/error.h"
#include "tokenizers/text/byte_trie.h"
#include "tokenizers/text/shown.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

constexpr std::size_t kNoStart = std::numeric_limits<std::size_t>::max();

/// The best way to cut a piece up to a byte.
struct BestPath {
  double score = 0.0;
  /// Where its last token begins.
  std::size_t start = kNoStart;
  std::int64_t id = 0;
};

class Unigram final : public TokenModel {
 public:
  explicit Unigram(UnigramOptions options) : options_(std::move(options)) {
    for (const auto& [token, id] : options_.vocabulary.ids()) {
      if (!token.empty() && is_cut(id)) tokens_.add(token, id);
    }
    double smallest = std::numeric_limits<double>::max();
    for (const double score : options_.scores) {
      if (std::isfinite(score)) smallest = std::min(smallest, score);
    }
    constexpr double kUnknownPenalty = 10.0;
    unknown_score_ = smallest - kUnknownPenalty;
    constexpr std::string_view kHexDigits = "0123456789ABCDEF";
    for (std::size_t byte = 0; byte < bytes_.size(); ++byte) {
      const std::string token{'<', '0', 'x', kHexDigits[byte / 16], kHexDigits[byte % 16], '>'};
      bytes_[byte] = options_.vocabulary.find(token);
    }
  }

  void tokenize(std::string_view piece, std::vector<PieceToken>& tokens) const override {
    for (const auto& [first, end] : best_cut(piece)) add_token(piece, {first, end}, tokens);
  }
  const Vocabulary& vocabulary() const noexcept override { return options_.vocabulary; }
  std::string_view name() const noexcept override { return "Unigram"; }

 private:
  using Range = std::pair<std::size_t, std::size_t>;

  std::vector<Range> best_cut(std::string_view piece) const {
    std::vector<BestPath> best(piece.size() + 1);
    const auto offer = [&](std::size_t end, const BestPath& path) {
      if (best[end].start != kNoStart && path.score <= best[end].score) return;
      best[end] = path;
      best[end].score = kept(path.score);
    };
    for (std::size_t first = 0; first < piece.size();) {
      const double so_far = best[first].score;
      const std::size_t char_end = first + decode_char(piece, first).bytes;
      bool is_known = false;
      tokens_.visit_prefixes(piece.substr(first), [&](std::size_t length, std::int64_t id) {
        offer(first + length, {so_far + options_.scores[static_cast<std::size_t>(id)], first, id});
        is_known = is_known || first + length == char_end;
      });
      if (!is_known) offer(char_end, {kept(so_far + unknown_score_), first, unknown(piece)});
      first = char_end;
    }
    std::vector<Range> cut;
    // Where a run of unknown tokens ends; 0 = there is none.
    std::size_t unknown_end = 0;
    for (std::size_t end = piece.size(); end > 0; end = best[end].start) {
      const BestPath& path = best[end];
      if (options_.unknown && path.id == *options_.unknown) {
        unknown_end = std::max(unknown_end, end);
        if (path.start == 0) cut.emplace_back(0, unknown_end);
        continue;
      }
      if (unknown_end > 0) cut.emplace_back(end, unknown_end);
      unknown_end = 0;
      cut.emplace_back(path.start, end);
    }
    std::ranges::reverse(cut);
    return cut;
  }

  /// A sum as it is kept. SentencePiece's library compares it with others before it rounds it.
  double kept(double score) const {
    return options_.sums == UnigramOptions::Sums::kSingle ? static_cast<double>(static_cast<float>(score)) : score;
  }

  bool is_cut(std::int64_t id) const { return std::isfinite(options_.scores[static_cast<std::size_t>(id)]); }

  void add_token(std::string_view piece, Range range, std::vector<PieceToken>& tokens) const {
    const std::string_view text = piece.substr(range.first, range.second - range.first);
    if (const std::optional<std::int64_t> id = options_.vocabulary.find(text); id && is_cut(*id)) {
      tokens.push_back({*id, range.first, range.second});
      return;
    }
    const std::size_t count = tokens.size();
    if (options_.fallback == UnigramOptions::Fallback::kBytes) {
      for (const char byte : text) {
        const std::optional<std::int64_t>& id = bytes_[static_cast<unsigned char>(byte)];
        if (!id) break;
        tokens.push_back({*id, range.first, range.second});
      }
      if (tokens.size() == count + text.size()) return;
      tokens.resize(count);
    }
    tokens.push_back({unknown(piece), range.first, range.second});
  }

  std::int64_t unknown(std::string_view piece) const {
    if (options_.unknown) return *options_.unknown;
    throw DataError("text: expected characters of the vocabulary, which has no unknown token, got " + shown(piece));
  }

  UnigramOptions options_;
  ByteTrie tokens_;
  double unknown_score_ = 0.0;
  /// Ids of <0x00> to <0xFF>.
  std::array<std::optional<std::int64_t>, 256> bytes_{};
};

}  // namespace

std::unique_ptr<TokenModel> make_unigram(UnigramOptions options) {
  return std::make_unique<Unigram>(std::move(options));
}

}  // namespace modattr
