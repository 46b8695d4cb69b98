#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace modattr {

/// Damage to the data of one modality of one example.
struct Fault {
  /// A name of fault_kinds().
  std::string kind;
  /// In the unit of its kind; nullopt = the usual strength.
  std::optional<double> strength = std::nullopt;

  bool operator==(const Fault&) const = default;
};

/// A way in which data can be damaged.
struct FaultKind {
  std::string_view name;
  /// nullopt where a fault of this kind has no strength.
  std::optional<double> strength;
  /// What is done, and what the strength counts.
  std::string_view effect;
};

/// Data of another example.
inline constexpr std::string_view kSwap = "swap";

/// The faults of a kind of modality ("image", "tokens", "columns", "audio", "tensor"): first "swap", then the one that
/// stands for damage of any kind.
std::span<const FaultKind> fault_kinds(std::string_view modality_kind);

/// The strength in force. Throws std::invalid_argument for a kind that the modality does not know.
double strength_of(const Fault& fault, std::string_view modality_kind);

/// "noise" or "noise:0.1".
std::string fault_name(const Fault& fault);

}  // namespace modattr
