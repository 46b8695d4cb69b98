#include "modattr/value/not_finite.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <ATen/Functions.h>

#include "modattr/core/option_name.h"
#include "modattr/data/messages.h"

namespace modattr {

void throw_not_finite(const CallContext& context, const MixedRows& rows, std::size_t row,
                      std::span<const double> output) {
  const auto& [model_path, dataset, layout] = context;
  const std::uint32_t own = rows.own[row];
  const auto bad = std::ranges::find_if(output, [](double value) { return !std::isfinite(value); });
  std::string message = model_path + ": output for example " + dataset.id(own);
  std::string replaced;
  std::string removed;
  std::vector<std::size_t> removed_modalities;
  std::uint32_t donor = own;
  for (std::size_t modality = 0; modality < rows.by_modality.size(); ++modality) {
    const std::uint32_t source = rows.by_modality[modality][row];
    if (source == own) continue;
    const bool is_synthetic = source >= dataset.example_count();
    if (!is_synthetic) donor = source;
    if (is_synthetic) removed_modalities.push_back(modality);
    std::string& names = is_synthetic ? removed : replaced;
    names += (names.empty() ? "" : " and ") + layout.modalities.modality_name(modality);
  }
  if (!replaced.empty()) message += " with " + replaced + " of example " + dataset.id(donor);
  if (!removed.empty()) message += (replaced.empty() ? " with " : " and ") + removed + " removed";
  message += ": expected finite numbers, got " + number_text(*bad);
  for (const std::uint32_t source : {own, donor}) {
    for (std::size_t input = 0; input < layout.inputs.size(); ++input) {
      const at::Tensor data = dataset.gather(input, std::span(&source, 1));
      if (data.is_floating_point() && !data.isfinite().all().item<bool>()) {
        throw NotFiniteError(message + "; input '" + layout.inputs[input].name + "' of example " + dataset.id(source) +
                                 " is not finite, " + option("skip_invalid") + " leaves such examples out",
                             removed_modalities);
      }
    }
  }
  throw NotFiniteError(message, removed_modalities);
}

}  // namespace modattr
