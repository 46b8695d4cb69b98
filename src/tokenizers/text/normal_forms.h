#pragma once

#include <vector>

#include "tokenizers/text/aligned_text.h"

namespace modattr {

enum class NormalForm { kNfc, kNfd, kNfkc, kNfkd };

/// Brings a text into a normal form of Unicode (UAX #15). A composed character comes from where its first part did.
void normalize(AlignedText& text, NormalForm form);

}  // namespace modattr
