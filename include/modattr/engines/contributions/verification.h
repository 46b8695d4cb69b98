#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/byte_codec.h"
#include "modattr/core/example_games.h"
#include "modattr/core/rng.h"
#include "modattr/engines/shapley/feature_shapley.h"

namespace modattr {

/// How far an example's contributions are from its Shapley or Owen values, which take the model's answers to coalitions
/// alone.
struct Verification {
  /// sum (phi_i - psi_i)^2 / sum psi_i^2 over the features, psi being the Shapley values.
  double squared_distance = 0.0;
  /// Pearson's correlation of phi and psi; nullopt where one of them does not vary.
  std::optional<double> correlation;
  /// sum |phi_m - psi_m| / sum |psi_m| over the modalities.
  double modality_distance = 0.0;
  /// Largest standard error of psi; 0 where every coalition was evaluated.
  double std_error = 0.0;
  /// Estimator of psi, e.g. "exact".
  std::string method;
  std::size_t evaluation_count = 0;
};

struct VerificationOptions {
  /// Owen values; else those of one game of all features.
  bool is_owen = true;
  /// Model evaluations per example; nullopt = 128 coalitions per player.
  std::optional<std::size_t> budget = std::nullopt;
};

/// Compares contributions with Shapley values.
class Verifier {
 public:
  /// Borrows the games and the random numbers.
  Verifier(ExampleGames& games, const VerificationOptions& options, const Rng& rng, std::size_t thread_count);

  Verification compare(const ExampleAttribution& attribution);

 private:
  ExampleGames& games_;
  VerificationOptions options_;
  const Rng& rng_;
  std::size_t thread_count_;
};

/// The distance of two lists of values, as in Verification.
Verification compare_values(std::span<const double> values, std::span<const double> shapley_values,
                            std::span<const double> modalities, std::span<const double> shapley_modalities);

void put_verification(const Verification& verification, ByteWriter& writer);
Verification take_verification(ByteReader& reader);
/// As lines of examples.jsonl hold it.
Detail verification_detail(const Verification& verification);

/// Adds rows about "all" modalities: means over the verified examples of
///   verify.squared_distance, verify.correlation, verify.modality_distance
/// as in Verification; none without verified examples.
void add_verification_rows(std::span<const Verification> verifications, std::vector<Score>& rows);

}  // namespace modattr
