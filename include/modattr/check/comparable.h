#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "modattr/check/result_set.h"

namespace modattr {

/// Which data two results may be of.
enum class DataRule : std::uint8_t {
  /// The same file and examples.
  kSame,
  /// Any: then nothing is paired.
  kAny
};

/// Throws ConfigError that names the first difference, with both values, where two results do not say the same kind of
/// thing: in the command and its options in force, the modalities and how they are removed, the metric, the seed and,
/// by `rule`, the data. The model may differ, as may what changes no result, such as the device. Paths of files that
/// only give names are compared without their folders.
void expect_comparable(const ResultSet& baseline, const ResultSet& next, DataRule rule);

/// Whether both are of the same data file and examples.
bool same_data(const ResultSet& baseline, const ResultSet& next);

}  // namespace modattr
