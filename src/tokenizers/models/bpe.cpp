#include "tokenizers/models/bpe.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <queue>
#include <span>
#include <unordered_map>

#include "modattr/core/error.h"
#include "tokenizers/text/shown.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

/// A token in the making; those that were merged away have no bytes.
struct Symbol {
  std::int64_t id = 0;
  std::size_t bytes = 0;
  std::size_t previous = kNowhere;
  std::size_t next = kNowhere;
};

struct MergeRule {
  std::uint32_t rank = 0;
  std::int64_t id = 0;
};

/// A merge that may be possible: of the symbol at a place with the next one.
struct Candidate {
  MergeRule rule;
  std::size_t place = 0;

  /// Greater is later.
  friend bool operator<(const Candidate& left, const Candidate& right) {
    return left.rule.rank != right.rule.rank ? left.rule.rank > right.rule.rank : left.place > right.place;
  }
};

class Bpe final : public TokenModel {
 public:
  explicit Bpe(BpeOptions options) : options_(std::move(options)) {
    add_rules();
    options_.merges = {};
    if (options_.unknown) unknown_ = options_.vocabulary.find(*options_.unknown);
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (std::size_t byte = 0; byte < bytes_.size(); ++byte) {
      const std::string token{'<', '0', 'x', kDigits[byte / 16], kDigits[byte % 16], '>'};
      bytes_[byte] = options_.vocabulary.find(token);
    }
  }

  void tokenize(std::string_view piece, std::vector<PieceToken>& tokens) const override {
    if (options_.whole_piece == BpeOptions::WholePiece::kSkip) {
      if (const std::optional<std::int64_t> id = options_.vocabulary.find(piece)) {
        tokens.push_back({*id, 0, piece.size()});
        return;
      }
    }
    std::vector<Symbol> symbols = chars_of(piece);
    merge(symbols);
    std::size_t first = 0;
    for (const Symbol& symbol : symbols) {
      if (symbol.bytes == 0) continue;
      tokens.push_back({symbol.id, first, first + symbol.bytes});
      first += symbol.bytes;
    }
  }
  const Vocabulary& vocabulary() const noexcept override { return options_.vocabulary; }
  std::string_view name() const noexcept override { return "BPE"; }

 private:
  static std::uint64_t key(std::int64_t left, std::int64_t right) {
    return (static_cast<std::uint64_t>(left) << 32U) | static_cast<std::uint64_t>(right);
  }

  void add_rules() {
    rules_.reserve(options_.merges.size());
    for (std::size_t rank = 0; rank < options_.merges.size(); ++rank) {
      const auto& [left, right] = options_.merges[rank];
      const std::string rest = right.size() < options_.continuing_prefix.size()
                                   ? std::string()
                                   : right.substr(options_.continuing_prefix.size());
      const MergeRule rule{static_cast<std::uint32_t>(rank), id_of(left + rest, rank)};
      rules_.insert_or_assign(key(id_of(left, rank), id_of(right, rank)), rule);
    }
  }

  std::int64_t id_of(const std::string& token, std::size_t rank) const {
    const std::optional<std::int64_t> id = options_.vocabulary.find(token);
    if (id) return *id;
    throw DataError("merges: expected tokens of the vocabulary, got " + shown(token) + " in merge " +
                    std::to_string(rank));
  }

  std::vector<Symbol> chars_of(std::string_view piece) const {
    std::vector<Symbol> symbols;
    symbols.reserve(piece.size());
    std::optional<Symbol> unknown;
    std::string token;
    for (std::size_t place = 0; place < piece.size();) {
      const std::size_t bytes = decode_char(piece, place).bytes;
      token = place > 0 ? options_.continuing_prefix : std::string();
      token += piece.substr(place, bytes);
      place += bytes;
      if (place == piece.size()) token += options_.word_suffix;
      if (const std::optional<std::int64_t> id = options_.vocabulary.find(token)) {
        if (unknown) symbols.push_back(*unknown);
        unknown.reset();
        symbols.push_back({*id, bytes});
      } else if (options_.fallback == BpeOptions::Fallback::kNone || !add_bytes(token, symbols)) {
        add_unknown(bytes, unknown, symbols);
      }
    }
    if (unknown) symbols.push_back(*unknown);
    for (std::size_t place = 0; place < symbols.size(); ++place) {
      symbols[place].previous = place == 0 ? kNowhere : place - 1;
      symbols[place].next = place + 1 == symbols.size() ? kNowhere : place + 1;
    }
    return symbols;
  }

  bool add_bytes(std::string_view token, std::vector<Symbol>& symbols) const {
    const std::size_t count = symbols.size();
    for (const char byte : token) {
      const std::optional<std::int64_t>& id = bytes_[static_cast<unsigned char>(byte)];
      if (!id) {
        symbols.resize(count);
        return false;
      }
      symbols.push_back({*id, 1});
    }
    return true;
  }

  void add_unknown(std::size_t bytes, std::optional<Symbol>& unknown, std::vector<Symbol>& symbols) const {
    if (!options_.unknown) return;
    if (!unknown_) {
      throw DataError("text: expected characters of the vocabulary, which has no unknown token " +
                      shown(*options_.unknown) + ", got others");
    }
    if (unknown && options_.unknown_use == BpeOptions::UnknownUse::kOnePerRun) {
      unknown->bytes += bytes;
      return;
    }
    if (unknown) symbols.push_back(*unknown);
    unknown = Symbol{*unknown_, bytes};
  }

  const MergeRule* rule_of(std::int64_t left, std::int64_t right) const {
    const auto found = rules_.find(key(left, right));
    return found == rules_.end() ? nullptr : &found->second;
  }

  void merge(std::vector<Symbol>& symbols) const {
    std::vector<Candidate> first;
    first.reserve(symbols.size());
    for (std::size_t place = 0; place + 1 < symbols.size(); ++place) {
      const MergeRule* rule = rule_of(symbols[place].id, symbols[place + 1].id);
      if (rule) first.push_back({*rule, place});
    }
    std::priority_queue<Candidate> queue({}, std::move(first));
    const auto add = [&](std::size_t left, std::size_t right) {
      if (left == kNowhere || right == kNowhere) return;
      const MergeRule* rule = rule_of(symbols[left].id, symbols[right].id);
      if (rule) queue.push({*rule, left});
    };
    while (!queue.empty()) {
      const Candidate best = queue.top();
      queue.pop();
      Symbol& left = symbols[best.place];
      if (left.bytes == 0 || left.next == kNowhere) continue;
      Symbol& right = symbols[left.next];
      // It may be of symbols that are something else by now.
      const MergeRule* rule = rule_of(left.id, right.id);
      if (!rule || rule->id != best.rule.id) continue;
      left.id = best.rule.id;
      left.bytes += right.bytes;
      left.next = right.next;
      right.bytes = 0;
      if (left.next != kNowhere) symbols[left.next].previous = best.place;
      add(left.previous, best.place);
      add(best.place, left.next);
    }
  }

  BpeOptions options_;
  std::unordered_map<std::uint64_t, MergeRule> rules_;
  std::optional<std::int64_t> unknown_;
  /// Ids of <0x00> to <0xFF>.
  std::array<std::optional<std::int64_t>, 256> bytes_{};
};

}  // namespace

std::unique_ptr<TokenModel> make_bpe(BpeOptions options) {
  return std::make_unique<Bpe>(std::move(options));
}

}  // namespace modattr
