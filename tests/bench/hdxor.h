#pragma once

#include <cstdint>
#include <filesystem>

namespace modattr {

/// Where the information lies in a set of HD-XOR.
enum class HdXorSetting { kFirstOnly, kSecondOnly, kSynergy, kRedundancy };

/// What `write_hdxor` leaves in its folder.
struct HdXorFiles {
  /// Removes a modality by 500 rows of the validation part.
  std::filesystem::path background_config;
  /// Removes a modality by the mean row.
  std::filesystem::path mean_config;
};

/// HD-XOR (Wenderoth et al.: "Measuring cross-modal interactions in multimodal models", AAAI 2025): two bits, and the
/// label is whether they differ. A latent vector x of 200 normal numbers tells them, and modality i is M_i x with
/// entries of M_i uniform on [-0.5, 0.5], 200 columns of the first and 100 of the second:
///
///   first, second only   its x holds both bits, a half each, with means -0.35 and 0.35; the other's is noise
///   redundancy           both have one x with both bits, means -0.25 and 0.25
///   synergy              its own bit only, means -0.35 and 0.35, standard deviation 2
/// Of 20,000 examples 14,000 train a 300-150-75-2 perceptron on both (Adam, rate 0.001, weight decay 0.0001, 5 epochs
/// in batches of 500), 3,000 are the background, 2,000 are explained. Writes the TorchScript model, both arrays and two
/// configurations.
HdXorFiles write_hdxor(HdXorSetting setting, std::uint64_t seed, const std::filesystem::path& folder);

}  // namespace modattr
