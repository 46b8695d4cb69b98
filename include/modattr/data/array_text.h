#pragma once

#include <string>
#include <vector>

#include "modattr/data/array.h"

namespace modattr {

/// The texts of an array [texts] in UTF-8. Throws DataError, starting with `where`, for an array of anything else, of
/// another shape, or with a text that is no Unicode.
std::vector<std::string> texts_of(const Array& array, const std::string& where);

}  // namespace modattr
