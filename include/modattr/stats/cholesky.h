#pragma once

#include <optional>
#include <span>
#include <vector>

#include "modattr/core/matrix.h"

namespace modattr {

/// A symmetric positive definite matrix A = U' U with U upper triangular, and what is computed from it.
class Cholesky {
 public:
  /// `matrix` [size, size]; only its upper triangle is read. nullopt when it is not positive definite to rounding.
  static std::optional<Cholesky> factorise(Matrix matrix);

  std::size_t size() const noexcept { return upper_.row_count(); }
  /// log det A.
  double log_determinant() const;
  /// Replaces each column b of `columns` [size, any] by the solution of U' x = b.
  void solve_half(Matrix& columns) const;
  /// Replaces each column b of `columns` [size, any] by the solution of U x = b; after solve_half, that of A x = b.
  void solve_other_half(Matrix& columns) const;
  /// Solution of A x = b, [size].
  std::vector<double> solve(std::span<const double> right_side) const;
  /// Diagonal of the inverse of A, [size]; as much work as the factorisation.
  std::vector<double> inverse_diagonal() const;

 private:
  explicit Cholesky(Matrix upper) : upper_(std::move(upper)) {}

  /// solve_half for columns that are 0 above row `top`; `columns` holds the rows from there on, [size - top, any].
  void solve_half(Matrix& columns, std::size_t top) const;

  Matrix upper_;
};

}  // namespace modattr
