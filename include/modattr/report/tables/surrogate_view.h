#pragma once

#include <string>
#include <vector>

#include "modattr/report/score_table.h"
#include "modattr/report/text_style.h"

namespace modattr {

/// Whether a number of an explanation is 0 but for rounding: below 1e-12 of the largest number of a surrogate.
bool is_rounding(double value, const ExampleAttribution& attribution);

/// A local surrogate for people, below the bars of its terms: how far it can be trusted, the words of a text of at
/// most 64 by sign, a grid of shades where the players of a modality are all patches of one image, and the rules of a
/// tree. Signs are colours and, where there are none or a patch has room, also characters. Empty without a surrogate.
std::string to_surrogate_view(const ExampleAttribution& attribution, const std::vector<std::string>& modalities,
                              const TextStyle& style);

}  // namespace modattr
