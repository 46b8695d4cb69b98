#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modattr/check/result_set.h"
#include "modattr/core/rng.h"

namespace modattr {

/// Shapley values of image and text on one example.
using MadeValues = std::array<double, 2>;

inline Score made_row(std::string modality, std::string definition, std::optional<double> value,
                      std::optional<Interval> ci95 = std::nullopt, std::size_t examples = 100) {
  return {.modality = std::move(modality),
          .definition = std::move(definition),
          .group = std::nullopt,
          .value = value,
          .std_error = std::nullopt,
          .ci95 = ci95,
          .examples = examples,
          .p_value = std::nullopt};
}

/// A result of `modattr shap` without rows.
inline ResultSet empty_result(std::string name) {
  ResultSet set{.name = std::move(name), .table = {}, .traced = {}};
  set.table.version = "1";
  set.table.command = "shap";
  set.table.model = {"model of " + set.name, "digest of " + set.name};
  set.table.data = {"val.npz", "0123"};
  set.table.example_count = 100;
  set.table.metric = "accuracy";
  set.table.modalities = {"image", "text"};
  set.table.seed = 7;
  set.table.config = R"({"seed":7,"shap":{"background":50,"device":"cpu","value":"probability"}})";
  return set;
}

/// 95 % interval around a number with this standard error.
inline Interval around(double value, double error) {
  return {value - 1.959963984540054 * error, value + 1.959963984540054 * error};
}

/// A result of `modattr shap` on these examples, whose ids are 0, 1, ... from `first_id`: rows share.abs and
/// shapley.mean_abs with errors of a normal distribution (of a ratio by its linear part).
inline ResultSet shap_result(std::string name, const std::vector<MadeValues>& values, std::size_t first_id = 0) {
  ResultSet set = empty_result(std::move(name));
  set.table.example_count = values.size();
  const auto count = static_cast<double>(values.size());
  std::array<double, 2> sums{};
  for (const MadeValues& own : values) {
    for (std::size_t modality = 0; modality < 2; ++modality) sums[modality] += std::abs(own[modality]);
  }
  const double all = sums[0] + sums[1];
  for (std::size_t modality = 0; modality < 2; ++modality) {
    const double share = sums[modality] / all;
    const double mean = sums[modality] / count;
    double share_square = 0.0;
    double mean_square = 0.0;
    for (const MadeValues& own : values) {
      const double magnitude = std::abs(own[modality]);
      const double linear = (magnitude - share * (std::abs(own[0]) + std::abs(own[1]))) / (all / count);
      share_square += linear * linear;
      mean_square += (magnitude - mean) * (magnitude - mean);
    }
    const std::string& modality_name = set.table.modalities[modality];
    const double scale = 1.0 / (count * (count - 1.0));
    set.table.rows.push_back(
        made_row(modality_name, "shapley.mean_abs", mean, around(mean, std::sqrt(mean_square * scale)), values.size()));
    set.table.rows.push_back(
        made_row(modality_name, "share.abs", share, around(share, std::sqrt(share_square * scale)), values.size()));
  }
  for (std::size_t example = 0; example < values.size(); ++example) {
    set.table.examples.push_back({.id = std::to_string(first_id + example),
                                  .label = 1.0,
                                  .predicted = 1,
                                  .target = 1,
                                  .attribution = {.example = static_cast<std::uint32_t>(example),
                                                  .value_full = 1.0,
                                                  .modalities = {values[example][0], values[example][1]},
                                                  .interactions = {},
                                                  .players = {},
                                                  .method = "exact"}});
  }
  return set;
}

/// About normal, mean 0 and variance 1: 12 uniform numbers less 6.
inline double normal_number(RandomStream& stream) {
  double sum = -6.0;
  for (int draw = 0; draw < 12; ++draw) sum += stream.uniform();
  return sum;
}

/// Values around 0.3 of the image and around `text` of the text.
inline std::vector<MadeValues> made_values(std::size_t count, double text, RandomStream& stream) {
  std::vector<MadeValues> values(count);
  for (MadeValues& own : values) own = {0.3 + 0.15 * normal_number(stream), text + 0.15 * normal_number(stream)};
  return values;
}

}  // namespace modattr
