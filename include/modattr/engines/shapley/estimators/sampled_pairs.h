#pragma once

#include "modattr/engines/shapley/estimators/pair_index.h"

namespace modattr {

/// Interaction index of all pairs of players from sampled pairs of coalitions, those of paired_leverage_coalitions():
/// exact where all are known, else a polynomial f near v (see fit_even_part(); the Shapley values for the odd part),
/// whose index is known, corrected by what it leaves of the coalitions, stratum by stratum:
///
///   I_ij = I_ij of f + sum over strata of c N times the mean of v - f in the stratum
/// A stratum has the pairs of coalitions of one size of which the smaller holds both of i and j, one, or none
/// (Kolpaczki et al.: "SVARM-IQ", AISTATS 2024); c is the weight of each of its N pairs in the index. The mean is that
/// of the m sampled ones themselves, and for the N - m others that of v - f as f without the sampled one would have it.
/// Strata without samples are left to f. For indices whose weights q are the same from both ends the odd part has no
/// weight. Standard errors: of the means within strata, by squares of v - f that are pooled over the strata of a size
/// as far as few samples tell of one; a stratum without samples may be as far off as one sample. Throws
/// std::invalid_argument unless the coalitions are pairs.
PairEstimate estimate_pairs(PairIndex index, const SampledGame& game);

}  // namespace modattr
