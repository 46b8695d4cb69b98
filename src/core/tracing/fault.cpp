#include "modattr/core/tracing/fault.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace modattr {
namespace {

constexpr FaultKind kSwapKind{kSwap, std::nullopt, "the data of another example"};

constexpr std::array kImageFaults = {
    kSwapKind,
    FaultKind{"noise", 0.4, "Gaussian noise; the deviation as a part of the range of the set"},
    FaultKind{"blur", 0.0625, "a Gaussian blur; the deviation as a part of the longer side"},
    FaultKind{"occlusion", 0.5, "a part of the picture, from one side, becomes grey"},
    FaultKind{"blank", std::nullopt, "every pixel becomes grey"},
    FaultKind{"channel", std::nullopt, "one colour channel is lost"}};
constexpr std::array kTokenFaults = {
    kSwapKind,
    FaultKind{"random", 1.0, "that part of the tokens becomes random ones of the set"},
    FaultKind{"drop", 0.5, "that part of the tokens is taken out"},
    FaultKind{"shuffle", std::nullopt, "the tokens in random order"},
    FaultKind{"truncate", 2.0, "only so many tokens from the beginning stay"},
    FaultKind{"unknown", 0.5, "that part of the tokens becomes the unknown token of the vocabulary"}};
constexpr std::array kColumnFaults = {kSwapKind,
                                      FaultKind{"noise", 1.5, "Gaussian noise, in standard deviations of the set"},
                                      FaultKind{"zero", std::nullopt, "every number becomes 0"},
                                      FaultKind{"scale", 5.0, "every number times the strength"},
                                      FaultKind{"dropout", 0.5, "a stretch of that part of the numbers becomes 0"}};
constexpr std::array kTensorFaults = {kColumnFaults[0], kColumnFaults[1], kColumnFaults[2]};

const FaultKind* find_kind(std::string_view name, std::string_view modality_kind) {
  const std::span<const FaultKind> kinds = fault_kinds(modality_kind);
  const auto found = std::ranges::find(kinds, name, &FaultKind::name);
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace

std::span<const FaultKind> fault_kinds(std::string_view modality_kind) {
  if (modality_kind == "image") return kImageFaults;
  if (modality_kind == "tokens") return kTokenFaults;
  if (modality_kind == "columns" || modality_kind == "audio") return kColumnFaults;
  return kTensorFaults;
}

double strength_of(const Fault& fault, std::string_view modality_kind) {
  const FaultKind* kind = find_kind(fault.kind, modality_kind);
  if (kind == nullptr) throw std::invalid_argument("unknown fault '" + fault.kind + "'");
  return fault.strength.value_or(kind->strength.value_or(0.0));
}

std::string fault_name(const Fault& fault) {
  if (!fault.strength) return fault.kind;
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), *fault.strength).ptr;
  return fault.kind + ":" + std::string(text.data(), end);
}

}  // namespace modattr
