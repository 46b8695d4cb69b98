#pragma once

#include <cstddef>
#include <string>

#include "modattr/report/score_table.h"
#include "modattr/report/text_style.h"

namespace modattr {

/// Most examples whose explanations are shown one by one.
inline constexpr std::size_t kMostShownExamples = 10;

/// Explanations for people, example by example: what each modality and its strongest players add, with signed bars that
/// share one scale, from the value without any data up to the value with all of it; then, on a scale of their own, what
/// pairs add only together. Of more examples than kMostShownExamples the first ones, if they were chosen, and one line
/// that says where all of them are.
std::string to_example_view(const ScoreTable& table, const TextStyle& style);

}  // namespace modattr
