#include "modattr/stats/cholesky.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "modattr/core/vector_clones.h"

namespace modattr {
namespace {

// Rows taken off the rest of the matrix at once: it is read and written an eighth as often.
constexpr std::size_t kBlockSize = 8;

template <typename At>
std::array<double, kBlockSize> block_of(const At& at) {
  std::array<double, kBlockSize> block;
  for (std::size_t index = 0; index < kBlockSize; ++index) block[index] = at(index);
  return block;
}

/// target -= factor * source, from column `first` on.
MODATTR_VECTOR_CLONES
void subtract_row(std::span<double> target, std::span<const double> source, double factor, std::size_t first) {
  for (std::size_t column = first; column < target.size(); ++column) target[column] -= factor * source[column];
}

/// The same with kBlockSize rows of `source` from row `top` on at once; `factors`: one per row.
MODATTR_VECTOR_CLONES
void subtract_rows(std::span<double> target, const Matrix& source, std::size_t top,
                   const std::array<double, kBlockSize>& factors, std::size_t first) {
  const auto row = [&](std::size_t index) { return source.row(top + index).data(); };
  const std::array rows = {row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)};
  // Copies: `target` might otherwise be one of them.
  const std::array<double, kBlockSize> copies = factors;
  double* values = target.data();
  for (std::size_t column = first; column < target.size(); ++column) {
    double sum = 0.0;
    for (std::size_t index = 0; index < kBlockSize; ++index) sum += copies[index] * rows[index][column];
    values[column] -= sum;
  }
}

}  // namespace

std::optional<Cholesky> Cholesky::factorise(Matrix matrix) {
  const std::size_t size = matrix.row_count();
  double largest = 0.0;
  for (std::size_t row = 0; row < size; ++row) largest = std::max(largest, matrix(row, row));
  // What rounding leaves of a pivot that should be 0.
  const double smallest_pivot = static_cast<double>(size) * largest * std::numeric_limits<double>::epsilon();
  for (std::size_t first = 0; first < size; first += kBlockSize) {
    const std::size_t end = std::min(first + kBlockSize, size);
    for (std::size_t row = first; row < end; ++row) {
      for (std::size_t above = first; above < row; ++above) {
        subtract_row(matrix.row(row), matrix.row(above), matrix(above, row), row);
      }
      if (!(matrix(row, row) > smallest_pivot)) return std::nullopt;
      const double pivot = std::sqrt(matrix(row, row));
      for (double& value : matrix.row(row).subspan(row)) value /= pivot;
    }
    if (end < first + kBlockSize) break;
    for (std::size_t row = end; row < size; ++row) {
      const auto factors = block_of([&](std::size_t index) { return matrix(first + index, row); });
      subtract_rows(matrix.row(row), matrix, first, factors, row);
    }
  }
  return Cholesky(std::move(matrix));
}

double Cholesky::log_determinant() const {
  double sum = 0.0;
  for (std::size_t row = 0; row < size(); ++row) sum += std::log(upper_(row, row));
  return 2.0 * sum;
}

void Cholesky::solve_half(Matrix& columns) const {
  solve_half(columns, 0);
}

void Cholesky::solve_half(Matrix& columns, std::size_t top) const {
  const std::size_t row_count = size() - top;
  const auto factor = [&](std::size_t row, std::size_t column) { return upper_(top + row, top + column); };
  for (std::size_t first = 0; first < row_count; first += kBlockSize) {
    const std::size_t end = std::min(first + kBlockSize, row_count);
    for (std::size_t row = first; row < end; ++row) {
      const std::span<double> known = columns.row(row);
      for (double& value : known) value /= factor(row, row);
      for (std::size_t below = row + 1; below < end; ++below) {
        subtract_row(columns.row(below), known, factor(row, below), 0);
      }
    }
    if (end < first + kBlockSize) break;
    for (std::size_t below = end; below < row_count; ++below) {
      const auto factors = block_of([&](std::size_t index) { return factor(first + index, below); });
      subtract_rows(columns.row(below), columns, first, factors, 0);
    }
  }
}

void Cholesky::solve_other_half(Matrix& columns) const {
  for (std::size_t row = size(); row-- > 0;) {
    const std::span<double> wanted = columns.row(row);
    std::size_t below = row + 1;
    for (; below + kBlockSize <= size(); below += kBlockSize) {
      const auto factors = block_of([&](std::size_t index) { return upper_(row, below + index); });
      subtract_rows(wanted, columns, below, factors, 0);
    }
    for (; below < size(); ++below) subtract_row(wanted, columns.row(below), upper_(row, below), 0);
    for (double& value : wanted) value /= upper_(row, row);
  }
}

std::vector<double> Cholesky::solve(std::span<const double> right_side) const {
  Matrix column(size(), 1);
  std::ranges::copy(right_side, column.values().begin());
  solve_half(column);
  solve_other_half(column);
  return {column.values().begin(), column.values().end()};
}

std::vector<double> Cholesky::inverse_diagonal() const {
  // Column c of the inverse of U' starts at row c; the sum of its squares is the c-th diagonal element.
  constexpr std::size_t kColumnsAtOnce = 64;
  std::vector<double> result(size(), 0.0);
  for (std::size_t first = 0; first < size(); first += kColumnsAtOnce) {
    Matrix columns(size() - first, std::min(kColumnsAtOnce, size() - first));
    for (std::size_t column = 0; column < columns.column_count(); ++column) columns(column, column) = 1.0;
    solve_half(columns, first);
    for (std::size_t row = 0; row < columns.row_count(); ++row) {
      const std::span<const double> values = columns.row(row);
      for (std::size_t column = 0; column < values.size(); ++column) {
        result[first + column] += values[column] * values[column];
      }
    }
  }
  return result;
}

}  // namespace modattr
