#include "tokenizers/steps/sentence_spaces.h"

namespace modattr {
namespace {

constexpr char32_t kSpace = U' ';
constexpr char32_t kSpaceMark = U'\u2581';

class SentenceSpacesNormalizer final : public Normalizer {
 public:
  explicit SentenceSpacesNormalizer(const SentenceSpaces& options) : options_(options) {}

  void apply(AlignedText& text) const override {
    if (options_.extra == SentenceSpaces::Extra::kRemove) {
      bool follows_space = true;
      text.filter([&](char32_t code) {
        const bool is_extra = code == kSpace && follows_space;
        follows_space = code == kSpace;
        return !is_extra;
      });
      if (!text.empty() && text[text.size() - 1] == kSpace) text = text.slice(0, text.size() - 1);
    }
    const bool marks = options_.mark == SentenceSpaces::Mark::kMark;
    if (marks) text.map([](char32_t code) { return code == kSpace ? kSpaceMark : code; });
    if (options_.prefix == SentenceSpaces::Prefix::kAdd) text.prepend(marks ? U"\u2581" : U" ");
  }

 private:
  SentenceSpaces options_;
};

}  // namespace

std::unique_ptr<Normalizer> make_sentence_spaces(const SentenceSpaces& options) {
  return std::make_unique<SentenceSpacesNormalizer>(options);
}

}  // namespace modattr
