#include "modattr/stats/multilabel_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace modattr {

double MultilabelReader::probability(double output) const {
  return reads_logits_ ? std::exp(log_probability(output, true)) : output;
}

double MultilabelReader::negative_probability(double output) const {
  return reads_logits_ ? std::exp(log_probability(output, false)) : 1.0 - output;
}

double MultilabelReader::log_probability(double output, bool is_true) const {
  if (!reads_logits_) {
    return std::log(std::max(is_true ? output : 1.0 - output, std::numeric_limits<double>::epsilon()));
  }
  const double margin = is_true ? output : -output;
  return margin > 0 ? -std::log1p(std::exp(-margin)) : margin - std::log1p(std::exp(margin));
}

}  // namespace modattr
