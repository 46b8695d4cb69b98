#include "modattr/engines/trace/fault_injection.h"

#include <algorithm>
#include <optional>
#include <string>

namespace modattr {
namespace {

constexpr std::size_t kTriesAtOnce = 256;
/// Tries to find a partner of another source.
constexpr int kPartnerTries = 20;

/// Keeps the random numbers of faults apart.
std::uint32_t number_of(const ModalityFault& fault) {
  const std::uint64_t identity = identity_of(std::to_string(fault.modality) + ":" + fault_name(fault.fault));
  return static_cast<std::uint32_t>(identity ^ identity >> 32);
}

}  // namespace

InjectedCases inject_fault(CaseGame& game, const ReferenceSet& reference, EvidenceCollector& collector,
                           std::span<const std::uint32_t> pool, const ModalityFault& fault,
                           const InjectionLimits& limits, const Rng& rng) {
  InjectedCases result;
  if (pool.empty()) return result;
  const std::uint32_t purpose = number_of(fault);
  // Every fault begins at another place, so that few examples serve all of them.
  const std::size_t start = purpose % pool.size();
  const auto make_try = [&](std::size_t number) -> std::optional<TracedCase> {
    const std::uint32_t example = pool[(start + number) % pool.size()];
    const std::uint64_t identity = game.identity(example);
    const auto round = static_cast<std::uint32_t>(number / pool.size());
    RandomStream stream = rng.stream(RandomPurpose::kFault, static_cast<std::uint32_t>(identity),
                                     static_cast<std::uint32_t>(identity >> 32) ^ purpose ^ round * 0x9E3779B9U);
    InjectedFault injected{.modality = fault.modality, .fault = fault.fault, .partner = example, .stream = stream};
    for (int attempt = 0; fault.is_swap() && attempt < kPartnerTries; ++attempt) {
      injected.partner = pool[stream.below(static_cast<std::uint32_t>(pool.size()))];
      const bool is_other = !reference.same_source(injected.partner, example) &&
                            game.content(fault.modality, injected.partner) != game.content(fault.modality, example);
      if (is_other) break;
      injected.partner = example;
    }
    if (fault.is_swap() && injected.partner == example) return std::nullopt;
    return TracedCase{.example = example, .injected = std::move(injected)};
  };
  while (result.try_count < limits.most_tries && result.cases.size() < limits.case_count) {
    std::vector<TracedCase> tries;
    const std::size_t end = std::min(limits.most_tries, result.try_count + kTriesAtOnce);
    for (; result.try_count < end; ++result.try_count) {
      if (std::optional<TracedCase> made = make_try(result.try_count)) tries.push_back(std::move(*made));
    }
    const std::vector<char> right = collector.are_right(tries);
    for (std::size_t place = 0; place < tries.size() && result.cases.size() < limits.case_count; ++place) {
      if (right[place] == 0) result.cases.push_back(std::move(tries[place]));
    }
  }
  return result;
}

}  // namespace modattr
