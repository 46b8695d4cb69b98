#pragma once

#include <span>
#include <vector>

namespace modattr {

/// Parts of a mixture from probabilities under equal priors, [cases][parts], by expectation maximisation (Saerens,
/// Latinne, Decaestecker 2002); `weights` [cases], empty = 1 each.
std::vector<double> estimate_shares(std::span<const std::vector<double>> probabilities,
                                    std::span<const double> weights = {});

}  // namespace modattr
