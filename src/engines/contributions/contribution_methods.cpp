#include "modattr/engines/contributions/contribution_methods.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace modattr {
namespace {

/// In the order of the names.
constexpr std::array kContributionMethods = {ContributionMethod::kDeep, ContributionMethod::kIntegratedGradients,
                                             ContributionMethod::kExpectedGradients,
                                             ContributionMethod::kInputTimesGradient};

}  // namespace

std::span<const std::string> contribution_method_names() {
  static const std::array<std::string, kContributionMethods.size()> names = {"deep", "ig", "gradient",
                                                                             "input-x-gradient"};
  return names;
}

std::optional<ContributionMethod> find_contribution_method(std::string_view name) {
  const std::span<const std::string> names = contribution_method_names();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return kContributionMethods[static_cast<std::size_t>(found - names.begin())];
}

}  // namespace modattr
