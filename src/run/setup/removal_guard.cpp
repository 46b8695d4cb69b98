// What a model that fails without a modality has to do with how the modality is removed.

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/value/not_finite.h"
#include "removal_setup.h"
#include "run/config/json_object.h"

namespace modattr {
namespace {

/// What to do where the model's output is not finite once these modalities are removed; empty when none is.
std::string hint_at_removal(const Config& config, const RemovalRows& rows, std::span<const std::size_t> removed) {
  std::string changes;
  for (const std::size_t place : removed) {
    const RemovalType type =
        rows.uses_background(place) ? RemovalType::kBackground : config.modalities[place].removal.type;
    changes += (changes.empty() ? "" : " or ") + ("modalities[" + std::to_string(place) + "].removal than ") +
               removal_names()[static_cast<std::size_t>(type)];
  }
  if (changes.empty()) return {};
  return "; try another " + changes + ", or leave the example out: " + option("skip_invalid") +
         " sees untouched data only";
}

/// The first row of a background that is not finite itself; empty where all are.
std::string hint_at_background(const Dataset& reference, const InputLayout& layout) {
  const std::optional<NotFiniteInput> found = find_not_finite(reference);
  if (!found) return {};
  std::string names;
  for (const InputPart& part : layout.inputs[found->input].parts) {
    names += (names.empty() ? "" : " and ") + layout.modalities.modality_name(part.modality);
  }
  return "; row " + std::to_string(reference.row(found->example)) + " of " + reference.path() +
         ", which is in the background, is not finite itself: input '" + layout.inputs[found->input].name + "' of " +
         names + "; " + option("skip_invalid") + " leaves such rows out";
}

}  // namespace

void RemovalSetup::check_numbers(const Experiment& experiment, std::size_t rows) const {
  const Config& config = experiment.config();
  const Dataset& dataset = experiment.dataset();
  const std::size_t modality_count = config.modalities.size();
  std::vector<std::uint32_t> examples(std::min(dataset.example_count(), rows));
  std::iota(examples.begin(), examples.end(), 0u);
  ModelEvaluator evaluator(experiment.model(), dataset, experiment.layout(),
                           {.rows_per_call = rows, .batch_size = rows, .sharing = MixSharing::kNone});
  EncodedRows removal_rows = evaluator.encode(*rows_);
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    const RemovalConfig& removal = config.modalities[modality].removal;
    const bool is_token = removal.type == RemovalType::kToken;
    if (rows_->uses_background(modality) || (!is_token && removal.type != RemovalType::kValue)) continue;
    std::vector<std::uint32_t> removed(dataset.example_count());
    rows_->write_rows(modality, 0, removed);
    removed.resize(examples.size());
    std::vector<std::span<const std::uint32_t>> baselines(modality_count);
    baselines[modality] = removed;
    const Mix mix{Coalition::full(modality_count).without(modality), {}, baselines};
    Progress silent;
    try {
      evaluator.evaluate(
          MixList{std::span(&mix, 1), examples}, removal_rows, [](auto&&...) {}, silent);
    } catch (const NotFiniteError&) {
      // The model takes it.
    } catch (const ModelError& error) {
      throw ConfigError(config.file.string() + ": modalities[" + std::to_string(modality) + "].removal." +
                        (is_token ? "id" : "value") + ": expected one that the model takes, got " +
                        (is_token ? std::to_string(*removal.token_id) : Json(removal.value).dump()) + "; " +
                        error.what());
    }
  }
}

Attribution RemovalSetup::guard(const Experiment& experiment, const std::function<Attribution()>& explain) const {
  try {
    return explain();
  } catch (const NotFiniteError& error) {
    if (error.removed().empty()) throw;
    const std::string background = reference_ ? hint_at_background(*reference_, experiment.layout()) : "";
    if (!background.empty()) throw ModelError(error.what() + background);
    throw ModelError(error.what() + hint_at_removal(experiment.config(), *rows_, error.removed()));
  } catch (const SplitAssumptionError&) {
    throw;
  } catch (const ModelError&) {
    check_numbers(experiment, experiment.rows_per_call());
    throw;
  }
}

}  // namespace modattr
