#pragma once

#include <string>
#include <vector>

#include "modattr/data/array.h"

namespace modattr {

/// The texts of an array [texts] in UTF-8. Throws DataError, starting with `where`, for an array of anything else, of
/// another shape, or with a text that is no Unicode.
std::vector<std::string> texts_of(const Array& array, const std::string& where);

/// Whether the array is a column of the examples, [N]: whole numbers, or texts of an `.npz`.
bool is_column(const Array& array);

/// Throws DataError, starting with `where`, for any other array.
void check_column(const Array& array, const std::string& where);

/// The values of such a column as texts. Throws what check_column() does.
std::vector<std::string> column_texts(const Array& array, const std::string& where);

}  // namespace modattr
