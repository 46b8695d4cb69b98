#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/data/array.h"

namespace modattr {

class ScratchAllocator;

/// Copies the listed rows of an array into a new tensor, [rows, ...] in the array's dtype.
at::Tensor copy_rows(const Array& array, std::span<const std::uint32_t> rows);

/// Every element as an integer; the array's dtype must be integral or bool.
std::vector<std::int64_t> to_integers(const Array& array);

/// Every element as a double.
std::vector<double> to_doubles(const Array& array);

/// The array, which has rows, with its numbers in another type; DataError, starting with `where`, when there is no room
/// for them.
Array cast_array(const Array& array, c10::ScalarType dtype, ScratchAllocator& scratch, std::string_view where);

bool is_integral(const Array& array);

/// Throws DataError that says why where the elements cannot be read.
void check_readable(const Array& array);

/// "float32[400, 3, 64, 64]", for messages; "text[15]" for texts, "not readable" for another array that is not.
std::string describe(const Array& array);
std::string describe(const at::Tensor& tensor);

/// numpy's name of a dtype, e.g. "float32".
std::string dtype_name(c10::ScalarType dtype);

}  // namespace modattr
