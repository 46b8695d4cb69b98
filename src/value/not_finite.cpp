#include "modattr/value/not_finite.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include <ATen/Functions.h>

#include "modattr/core/option_name.h"
#include "modattr/data/messages.h"

namespace modattr {

namespace {

/// What a row of a call is made of.
struct RowOrigin {
  std::uint32_t own = 0;
  /// The example that other data comes from, else `own`.
  std::uint32_t donor = 0;
  std::vector<std::size_t> removed_modalities;
  std::string text;
};

RowOrigin origin_of(const CallContext& context, const MixedRows& rows, std::size_t row) {
  const auto& [model_path, dataset, layout] = context;
  RowOrigin origin{.own = rows.own[row], .donor = rows.own[row], .removed_modalities = {}, .text = {}};
  std::string replaced;
  std::string removed;
  for (std::size_t modality = 0; modality < rows.by_modality.size(); ++modality) {
    const std::uint32_t source = rows.by_modality[modality][row];
    if (source == origin.own) continue;
    const bool is_synthetic = source >= dataset.example_count();
    if (!is_synthetic) origin.donor = source;
    if (is_synthetic) origin.removed_modalities.push_back(modality);
    std::string& names = is_synthetic ? removed : replaced;
    names += (names.empty() ? "" : " and ") + layout.modalities.modality_name(modality);
  }
  origin.text = model_path + ": output for example " + dataset.id(origin.own);
  if (!replaced.empty()) origin.text += " with " + replaced + " of example " + dataset.id(origin.donor);
  if (!removed.empty()) origin.text += (replaced.empty() ? " with " : " and ") + removed + " removed";
  return origin;
}

}  // namespace

std::string output_of(const CallContext& context, const MixedRows& rows, std::size_t row) {
  return origin_of(context, rows, row).text;
}

std::optional<NotFiniteInput> find_not_finite(const Dataset& dataset) {
  for (std::uint32_t example = 0; example < dataset.example_count(); ++example) {
    for (std::size_t input = 0; input < dataset.input_count(); ++input) {
      const at::Tensor data = dataset.gather(input, std::span(&example, 1));
      if (data.is_floating_point() && !data.isfinite().all().item<bool>()) return NotFiniteInput{example, input};
    }
  }
  return std::nullopt;
}

void throw_not_finite(const CallContext& context, const MixedRows& rows, std::size_t row,
                      std::span<const double> output) {
  const auto& [model_path, dataset, layout] = context;
  const RowOrigin origin = origin_of(context, rows, row);
  // -inf may be an answer where there are finite numbers beside it: what never is one comes first.
  auto bad = std::ranges::find_if(
      output, [](double value) { return std::isnan(value) || value == std::numeric_limits<double>::infinity(); });
  if (bad == output.end()) bad = std::ranges::find_if(output, [](double value) { return !std::isfinite(value); });
  const std::string message = origin.text + ": expected finite numbers, got " + number_text(*bad);
  for (const std::uint32_t source : {origin.own, origin.donor}) {
    for (std::size_t input = 0; input < layout.inputs.size(); ++input) {
      const at::Tensor data = dataset.gather(input, std::span(&source, 1));
      if (data.is_floating_point() && !data.isfinite().all().item<bool>()) {
        throw NotFiniteError(message + "; input '" + layout.inputs[input].name + "' of example " + dataset.id(source) +
                                 " is not finite, " + option("skip_invalid") + " leaves such examples out",
                             origin.removed_modalities);
      }
    }
  }
  throw NotFiniteError(message, origin.removed_modalities);
}

}  // namespace modattr
