#include "modattr/stats/class_reader.h"

#include <array>
#include <cmath>

namespace modattr {
namespace {

/// Logarithm of the sum of exp(logit - largest).
double log_sum_of(std::span<const double> logits, double largest) {
  double sum = 0.0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  return std::log(sum);
}

}  // namespace

std::size_t first_of_largest(std::span<const double> values) {
  // In four lanes, without a branch, and then its place: most outputs meet this function and nothing else.
  std::array<double, 4> lanes;
  lanes.fill(values.front());
  const std::size_t whole = values.size() / lanes.size() * lanes.size();
  for (std::size_t first = 0; first < whole; first += lanes.size()) {
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) lanes[lane] = std::max(lanes[lane], values[first + lane]);
  }
  double largest = std::max(std::max(lanes[0], lanes[1]), std::max(lanes[2], lanes[3]));
  for (const double value : values.subspan(whole)) largest = std::max(largest, value);
  // NaN is equal to nothing.
  return std::min(static_cast<std::size_t>(std::ranges::find(values, largest) - values.begin()), values.size() - 1);
}

double mean_token_log_probability(std::span<const double> logarithms) {
  double sum = 0.0;
  std::size_t count = 0;
  for (const double logarithm : logarithms) {
    if (is_ignored_token(logarithm)) continue;
    sum += logarithm;
    ++count;
  }
  return sum / static_cast<double>(count);
}

double ClassReader::log_probability(std::span<const double> output, std::size_t label) const {
  // A probability of exactly 0 would make the loss infinite; scikit-learn clips at the same value.
  constexpr double kSmallestProbability = 2.220446049250313e-16;
  if (kind_ == OutputKind::kProbabilities) {
    const double positive = output_width_ == 1 ? (label == 1 ? output[0] : 1.0 - output[0]) : output[label];
    return std::log(std::max(positive, kSmallestProbability));
  }
  if (output_width_ == 1) {
    const double margin = label == 1 ? output[0] : -output[0];
    return margin > 0 ? -std::log1p(std::exp(-margin)) : margin - std::log1p(std::exp(margin));
  }
  const double largest = std::ranges::max(output);
  return output[label] - largest - log_sum_of(output, largest);
}

void ClassReader::log_probabilities(std::span<const double> output, std::span<double> logarithms) const {
  if (kind_ == OutputKind::kProbabilities || output_width_ == 1) {
    for (std::size_t label = 0; label < logarithms.size(); ++label) logarithms[label] = log_probability(output, label);
    return;
  }
  const double largest = std::ranges::max(output);
  const double log_sum = log_sum_of(output, largest);
  for (std::size_t label = 0; label < logarithms.size(); ++label) {
    logarithms[label] = output[label] - largest - log_sum;
  }
}

double ClassReader::probability(std::span<const double> output, std::size_t label) const {
  if (kind_ == OutputKind::kProbabilities) {
    if (output_width_ == 1) return label == 1 ? output[0] : 1.0 - output[0];
    return output[label];
  }
  return std::exp(log_probability(output, label));
}

void ClassReader::probabilities_of(std::span<const double> output, std::span<const std::size_t> labels,
                                   std::span<double> probabilities) const {
  if (kind_ == OutputKind::kProbabilities || output_width_ == 1) {
    for (std::size_t place = 0; place < labels.size(); ++place)
      probabilities[place] = probability(output, labels[place]);
    return;
  }
  const double largest = std::ranges::max(output);
  const double log_sum = log_sum_of(output, largest);
  for (std::size_t place = 0; place < labels.size(); ++place) {
    probabilities[place] = std::exp(output[labels[place]] - largest - log_sum);
  }
}

void ClassReader::probabilities(std::span<const double> output, std::span<double> probabilities) const {
  if (kind_ == OutputKind::kProbabilities) {
    std::ranges::copy(output, probabilities.begin());
    return;
  }
  if (output_width_ == 1) {
    probabilities[0] = probability(output, 1);
    return;
  }
  const double largest = std::ranges::max(output);
  double sum = 0.0;
  for (std::size_t index = 0; index < output.size(); ++index) {
    probabilities[index] = std::exp(output[index] - largest);
    sum += probabilities[index];
  }
  for (double& probability : probabilities) probability /= sum;
}

}  // namespace modattr
