#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modattr/core/coalition.h"

namespace modattr {

/// A stretch of a text, such as a word, that is removed from it as a whole.
struct TextPiece {
  /// Whose it is; nullopt = nobody's: it stays while any player is present.
  std::optional<std::uint32_t> player;
  /// The white space between it and the piece before it.
  std::string gap;
  std::string text;
};

/// The text without the pieces of absent players. A piece goes with the white space in front of it; what is left begins
/// with no white space that the text did not begin with, and where two words would grow together ("blue-green" without
/// its hyphen), a space stands between them. All pieces together are the text.
std::string text_left(std::span<const TextPiece> pieces, const Coalition& present);

}  // namespace modattr
