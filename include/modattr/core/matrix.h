#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace modattr {

/// A dense row-major table of doubles.
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::size_t row_count, std::size_t column_count, double fill = 0.0)
      : row_count_(row_count), column_count_(column_count), values_(row_count * column_count, fill) {}

  std::size_t row_count() const noexcept { return row_count_; }
  std::size_t column_count() const noexcept { return column_count_; }
  double& operator()(std::size_t row, std::size_t column) { return values_[row * column_count_ + column]; }
  double operator()(std::size_t row, std::size_t column) const { return values_[row * column_count_ + column]; }
  std::span<double> row(std::size_t row) { return std::span(values_).subspan(row * column_count_, column_count_); }
  std::span<const double> row(std::size_t row) const {
    return std::span(values_).subspan(row * column_count_, column_count_);
  }
  std::span<double> values() noexcept { return values_; }
  std::span<const double> values() const noexcept { return values_; }

 private:
  std::size_t row_count_ = 0;
  std::size_t column_count_ = 0;
  std::vector<double> values_;
};

}  // namespace modattr
