#include "fused_loops.h"

#include <algorithm>
#include <cmath>

#include <ATen/Functions.h>

namespace modattr {
namespace {

template <typename Number>
const Number* numbers(const at::Tensor& tensor) {
  return tensor.data_ptr<Number>();
}

/// Runs `loop` with a value of the tensor's type.
template <typename Loop>
void in_type(const at::Tensor& tensor, const Loop& loop) {
  if (tensor.scalar_type() == at::kDouble) {
    loop(double{});
  } else {
    loop(float{});
  }
}

/// (r - s) / d for d = ln r - ln s, the logarithmic mean of r and s.
template <typename Number>
Number logarithmic_mean(Number r, Number s, Number d, Number smallest) {
  if (std::abs(d) < smallest) return (r + s) / 2 * (1 - d * d / 12);
  return (r - s) / d;
}

template <typename Number>
void softmax_row(const Number* g, const Number* x, const Number* b, const Number* y, const Number* y_b,
                 std::int64_t size, Number smallest, Number* result) {
  // L = z - ln y, taken where y is largest.
  const std::int64_t top = std::max_element(y, y + size) - y;
  const std::int64_t top_b = std::max_element(y_b, y_b + size) - y_b;
  const Number a = (x[top] - std::log(y[top])) - (b[top_b] - std::log(y_b[top_b]));
  const Number magnitude = std::abs(a);
  const Number alpha = std::exp((a - magnitude) / 2);
  const Number beta = std::exp((-a - magnitude) / 2);
  const Number c = magnitude > 0 ? magnitude / -std::expm1(-magnitude) : Number{1};
  Number sum = 0;
  for (std::int64_t place = 0; place < size; ++place) {
    const Number difference = x[place] - b[place];
    // Logits of -inf on both sides take no part.
    result[place] =
        std::isnan(difference) ? 0 : g[place] * logarithmic_mean(y[place], y_b[place], difference - a, smallest);
    sum += result[place];
  }
  for (std::int64_t place = 0; place < size; ++place) {
    const Number difference = x[place] - b[place];
    if (std::isnan(difference)) continue;
    result[place] -= sum * c * logarithmic_mean(alpha * y[place], beta * y_b[place], difference, smallest);
  }
}

}  // namespace

bool fits_loop(const at::Tensor& tensor) {
  const at::ScalarType type = tensor.scalar_type();
  return tensor.device().is_cpu() && (type == at::kFloat || type == at::kDouble);
}

at::Tensor secant_loop(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y,
                       const at::Tensor& y_b, Secant secant, double smallest_difference,
                       std::vector<std::int64_t>& small) {
  const at::Tensor own_g = g.expand_as(x).contiguous();
  const at::Tensor own_x = x.contiguous();
  const at::Tensor own_b = b.contiguous();
  const at::Tensor own_y = y.contiguous();
  const at::Tensor own_y_b = y_b.contiguous();
  at::Tensor result = at::empty_like(own_x);
  in_type(x, [&](auto type) {
    using Number = decltype(type);
    const auto* const gs = numbers<Number>(own_g);
    const auto* const xs = numbers<Number>(own_x);
    const auto* const bs = numbers<Number>(own_b);
    const auto* const ys = numbers<Number>(own_y);
    const auto* const y_bs = numbers<Number>(own_y_b);
    auto* const results = result.data_ptr<Number>();
    const auto smallest = static_cast<Number>(smallest_difference);
    const bool is_kinked = secant == Secant::kKinked;
    for (std::int64_t place = 0; place < own_x.numel(); ++place) {
      const Number difference = xs[place] - bs[place];
      const Number limit = is_kinked ? Number{0} : smallest * std::min(Number{1}, std::abs(xs[place] + bs[place]) / 2);
      if (std::abs(difference) <= limit) {
        small.push_back(place);
        results[place] = 0;
        continue;
      }
      const Number own = gs[place] * (ys[place] - y_bs[place]) / difference;
      results[place] = std::isfinite(own) ? own : Number{0};
    }
  });
  return result;
}

at::Tensor softmax_loop(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y,
                        const at::Tensor& y_b, double smallest_difference) {
  const at::Tensor own_g = g.expand_as(x).contiguous();
  const at::Tensor own_x = x.contiguous();
  const at::Tensor own_b = b.contiguous();
  const at::Tensor own_y = y.contiguous();
  const at::Tensor own_y_b = y_b.contiguous();
  at::Tensor result = at::empty_like(own_x);
  const std::int64_t size = x.size(-1);
  in_type(x, [&](auto type) {
    using Number = decltype(type);
    for (std::int64_t first = 0; first < own_x.numel(); first += size) {
      softmax_row(numbers<Number>(own_g) + first, numbers<Number>(own_x) + first, numbers<Number>(own_b) + first,
                  numbers<Number>(own_y) + first, numbers<Number>(own_y_b) + first, size,
                  static_cast<Number>(smallest_difference), result.data_ptr<Number>() + first);
    }
  });
  return result;
}

at::Tensor normalise_loop(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const at::Tensor& mean,
                          const at::Tensor& mean_b, const at::Tensor& scale, const at::Tensor& scale_b) {
  const bool centres = mean.defined();
  const at::Tensor own_g = g.expand_as(x).contiguous();
  const at::Tensor own_x = x.contiguous();
  const at::Tensor own_b = b.contiguous();
  at::Tensor result = at::empty_like(own_x);
  const std::int64_t size = x.size(-1);
  in_type(x, [&](auto type) {
    using Number = decltype(type);
    for (std::int64_t row = 0; row < own_x.numel() / size; ++row) {
      const auto* const gs = numbers<Number>(own_g) + row * size;
      const auto* const xs = numbers<Number>(own_x) + row * size;
      const auto* const bs = numbers<Number>(own_b) + row * size;
      Number* const results = result.data_ptr<Number>() + row * size;
      const Number m = centres ? numbers<Number>(mean)[row] : Number{0};
      const Number m_b = centres ? numbers<Number>(mean_b)[row] : Number{0};
      const Number r = numbers<Number>(scale)[row];
      const Number r_b = numbers<Number>(scale_b)[row];
      const Number r_mean = (r + r_b) / 2;
      // r - r' = -(r r')^2 / (r + r') (q - q'), q being the mean square.
      const Number k = -(r * r_b) * (r * r_b) / (r + r_b) * (Number{2} / static_cast<Number>(size));
      Number product = 0;
      Number g_sum = 0;
      Number c_sum = 0;
      for (std::int64_t place = 0; place < size; ++place) {
        const Number c = ((xs[place] - m) + (bs[place] - m_b)) / 2;
        product += gs[place] * c;
        g_sum += gs[place];
        c_sum += c;
      }
      const Number shift = centres ? (g_sum * r_mean + c_sum * k * product) / static_cast<Number>(size) : Number{0};
      for (std::int64_t place = 0; place < size; ++place) {
        const Number c = ((xs[place] - m) + (bs[place] - m_b)) / 2;
        results[place] = gs[place] * r_mean + c * k * product - shift;
      }
    }
  });
  return result;
}

}  // namespace modattr
