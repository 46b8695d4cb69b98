#include "modattr/masking/attention.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "modattr/data/array_tensor.h"

namespace modattr {
namespace {

/// Whether the numbers are 0 and 1, and `seen` is among them: a mask that sees nothing is none.
bool is_mask_of(const Array& array, double seen) {
  bool sees = false;
  constexpr std::size_t kRowsAtATime = 1024;
  for (std::size_t first = 0; first < array.row_count(); first += kRowsAtATime) {
    const std::vector<double> numbers =
        to_doubles(rows_of(array, first, std::min(kRowsAtATime, array.row_count() - first)));
    if (!std::ranges::all_of(numbers, [](double number) { return number == 0.0 || number == 1.0; })) return false;
    sees |= std::ranges::find(numbers, seen) != numbers.end();
  }
  return sees;
}

}  // namespace

AttentionMask::AttentionMask(Array array, bool marks_padding)
    : array_(std::move(array)), marks_padding_(marks_padding) {}

std::optional<AttentionMask> AttentionMask::find(const Array& array, const Array& ids) {
  std::string name = array.name;
  std::ranges::transform(name, name.begin(), [](unsigned char letter) { return std::tolower(letter); });
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  if (!has("mask") || array.shape.size() != 2 || ids.shape.size() != 2 || array.shape[1] != ids.shape[1]) return {};
  if (!is_integral(array) && !c10::isFloatingType(array.dtype)) return {};
  const bool marks_padding = has("pad") || has("special");
  if (!is_mask_of(array, marks_padding ? 0.0 : 1.0)) return {};
  return AttentionMask(array, marks_padding);
}

std::vector<bool> AttentionMask::read(std::size_t first_row, std::size_t count) const {
  std::vector<bool> seen;
  for (const double number : to_doubles(rows_of(array_, first_row, count))) {
    seen.push_back((number != 0.0) != marks_padding_);
  }
  return seen;
}

}  // namespace modattr
