#include "modattr/engines/contributions/verification.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "modattr/engines/shapley/estimators/shapley_methods.h"
#include "modattr/engines/shapley/feature_solver.h"

namespace modattr {
namespace {

/// Coalitions per player where no budget is given: four times the usual, as the estimate's own error must be small
/// beside the distance.
constexpr std::size_t kCoalitionsPerPlayer = 128;

std::optional<double> correlation_of(std::span<const double> first, std::span<const double> second) {
  const auto count = static_cast<double>(first.size());
  double first_mean = 0.0;
  double second_mean = 0.0;
  for (std::size_t place = 0; place < first.size(); ++place) {
    first_mean += first[place] / count;
    second_mean += second[place] / count;
  }
  double first_square = 0.0;
  double second_square = 0.0;
  double product = 0.0;
  for (std::size_t place = 0; place < first.size(); ++place) {
    const double left = first[place] - first_mean;
    const double right = second[place] - second_mean;
    first_square += left * left;
    second_square += right * right;
    product += left * right;
  }
  const double scale = std::sqrt(first_square * second_square);
  return scale > 0.0 ? std::optional(product / scale) : std::nullopt;
}

}  // namespace

Verification compare_values(std::span<const double> values, std::span<const double> shapley_values,
                            std::span<const double> modalities, std::span<const double> shapley_modalities) {
  Verification result;
  double squares = 0.0;
  for (std::size_t player = 0; player < values.size(); ++player) {
    const double difference = values[player] - shapley_values[player];
    result.squared_distance += difference * difference;
    squares += shapley_values[player] * shapley_values[player];
  }
  if (squares > 0.0) result.squared_distance /= squares;
  double magnitudes = 0.0;
  for (std::size_t modality = 0; modality < modalities.size(); ++modality) {
    result.modality_distance += std::abs(modalities[modality] - shapley_modalities[modality]);
    magnitudes += std::abs(shapley_modalities[modality]);
  }
  if (magnitudes > 0.0) result.modality_distance /= magnitudes;
  result.correlation = correlation_of(values, shapley_values);
  return result;
}

Verifier::Verifier(ExampleGames& games, const VerificationOptions& options, const Rng& rng, std::size_t thread_count)
    : games_(games), options_(options), rng_(rng), thread_count_(thread_count) {}

Verification Verifier::compare(const ExampleAttribution& attribution) {
  std::size_t per_coalition = games_.evaluations_per_query();
  if (options_.is_owen) per_coalition <<= attribution.modalities.size() - 1;
  const FeatureShapleyOptions options{
      .index = options_.is_owen ? ShapleyIndex::kOwen : ShapleyIndex::kShapley,
      .estimator = make_shapley_estimator("auto"),
      .budget = options_.budget.value_or(kCoalitionsPerPlayer * attribution.players.size() * per_coalition)};
  FeatureSolver solver(games_, options, rng_, thread_count_);
  const SolvedExample solved = std::move(solver.solve(attribution.example, 1).front());
  std::vector<double> values;
  for (const PlayerScore& player : attribution.players) values.push_back(player.value);
  Verification result = compare_values(values, solved.values, attribution.modalities, solved.modalities);
  if (!solved.std_errors.empty()) result.std_error = *std::ranges::max_element(solved.std_errors);
  result.method = solved.method;
  result.evaluation_count = solved.evaluation_count;
  return result;
}

void put_verification(const Verification& verification, ByteWriter& writer) {
  writer.put_number(verification.squared_distance);
  writer.put_optional(verification.correlation, &ByteWriter::put_number);
  writer.put_number(verification.modality_distance);
  writer.put_number(verification.std_error);
  writer.put_text(verification.method);
  writer.put_count(verification.evaluation_count);
}

Verification take_verification(ByteReader& reader) {
  Verification verification;
  verification.squared_distance = reader.take_number();
  verification.correlation = reader.take_optional(&ByteReader::take_number);
  verification.modality_distance = reader.take_number();
  verification.std_error = reader.take_number();
  verification.method = reader.take_text();
  verification.evaluation_count = reader.take_count();
  return verification;
}

Detail verification_detail(const Verification& verification) {
  Detail correlation{"correlation", {}};
  if (verification.correlation) correlation.value = *verification.correlation;
  return {"verified", Detail::Object{{{"squared_distance", verification.squared_distance},
                                      correlation,
                                      {"modality_distance", verification.modality_distance},
                                      {"std_error", verification.std_error},
                                      {"method", verification.method}}}};
}

void add_verification_rows(std::span<const Verification> verifications, std::vector<Score>& rows) {
  if (verifications.empty()) return;
  const auto add = [&](const char* definition, const auto& read) {
    double sum = 0.0;
    std::size_t count = 0;
    for (const Verification& verification : verifications) {
      const std::optional<double> value = read(verification);
      if (!value) continue;
      sum += *value;
      ++count;
    }
    rows.push_back({.modality = "all",
                    .definition = definition,
                    .group = std::nullopt,
                    .value = count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt,
                    .std_error = std::nullopt,
                    .ci95 = std::nullopt,
                    .examples = count,
                    .p_value = std::nullopt});
  };
  add("verify.squared_distance", [](const Verification& one) { return std::optional(one.squared_distance); });
  add("verify.correlation", [](const Verification& one) { return one.correlation; });
  add("verify.modality_distance", [](const Verification& one) { return std::optional(one.modality_distance); });
}

}  // namespace modattr
