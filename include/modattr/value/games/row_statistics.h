#pragma once

#include <ATen/core/Tensor.h>

#include "modattr/core/tracing/case_game.h"

namespace modattr {

/// Numbers that describe each row of a modality's data without a model, [rows, any]: rows of at most 256 numbers in one
/// dimension as they are; of others, channel by channel, the mean, the standard deviation, the smallest and the largest
/// number, the mean absolute difference of neighbours along each axis, and the share of the commonest number; of sounds
/// and other long rows also the means of sixteen stretches. Numbers that are not finite count as 0; of floats the share
/// of those is the last column. `data`: [rows, ...].
FloatRows row_statistics(const at::Tensor& data);

/// Rows of numbers side by side; both have the same number of rows, or no width.
FloatRows joined_columns(const FloatRows& left, const FloatRows& right);

}  // namespace modattr
