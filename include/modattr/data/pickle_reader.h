#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "modattr/data/pickle.h"

namespace modattr {

/// Reads a pickle of protocol 2 to 5 without running anything in it: the instructions that torch.save writes, and those
/// of common values around them; DataError, starting with `where`, for the others and for damage. An OrderedDict is a
/// kDictionary; the state that a pickle sets on an object is dropped. The instructions are described in Python's
/// pickletools.
Pickle read_pickle(std::span<const std::byte> bytes, std::string_view where);

}  // namespace modattr
