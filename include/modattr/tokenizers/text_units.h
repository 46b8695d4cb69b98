#pragma once

#include <string_view>
#include <vector>

#include "modattr/tokenizers/tokenizer.h"

namespace modattr {

/// The words of a UTF-8 text by the rules of Unicode (UAX #29), each punctuation mark as one of its own; what is white
/// space is none. In the order of the text.
std::vector<TextSpan> words_of(std::string_view text);

/// Its sentences by the same rules, without the white space behind them.
std::vector<TextSpan> sentences_of(std::string_view text);

}  // namespace modattr
