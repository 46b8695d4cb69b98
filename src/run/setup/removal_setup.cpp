#include "removal_setup.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>

#include "modality_inputs.h"
#include "modattr/core/error.h"
#include "modattr/core/rng.h"
#include "modattr/core/tracing/example_identity.h"
#include "modattr/data/array_tensor.h"
#include "run/raw/raw_data.h"

namespace modattr {
namespace {

/// What the modalities that are removed by a background agree on.
struct Background {
  std::optional<std::filesystem::path> path;
  std::optional<std::size_t> rows;
};

/// nullopt when no modality is removed by a background.
std::optional<Background> common_background(const Config& config, bool always) {
  std::optional<Background> background;
  if (always) background.emplace();
  for (const ModalityConfig& modality : config.modalities) {
    if (modality.removal.type != RemovalType::kBackground) continue;
    if (!background) background.emplace();
    // All absent modalities of an evaluation come from the same row, so there is one reference set.
    const auto agree = [&](const auto& one, const auto& other, const std::string& key) {
      if (one && other && *one != *other) {
        throw ConfigError(config.file.string() + ": modality '" + modality.name + "': removal." + key +
                          ": expected the same for every modality with a background, got another one");
      }
    };
    agree(background->path, modality.removal.path, "path");
    agree(background->rows, modality.removal.rows, "rows");
    if (modality.removal.path) background->path = modality.removal.path;
    if (modality.removal.rows) background->rows = modality.removal.rows;
  }
  return background;
}

std::vector<std::uint32_t> draw_rows(std::size_t row_count, std::size_t wanted, std::uint64_t seed) {
  std::vector<std::uint32_t> rows(row_count);
  std::iota(rows.begin(), rows.end(), 0u);
  if (wanted == 0 || wanted >= row_count) return rows;
  RandomStream stream = Rng(seed).stream(RandomPurpose::kBackground, 0, 0);
  for (std::uint32_t place = 0; place < wanted; ++place) {
    std::swap(rows[place], rows[place + stream.below(static_cast<std::uint32_t>(row_count - place))]);
  }
  rows.resize(wanted);
  return rows;
}

/// Rows of the validation set; all in their order where no fewer are wanted.
std::vector<std::uint32_t> first_donors(const Dataset& dataset, std::size_t wanted, std::uint64_t seed) {
  std::vector<std::uint32_t> rows(dataset.row_count());
  std::iota(rows.begin(), rows.end(), 0u);
  if (wanted == 0 || wanted >= rows.size()) return rows;
  const Rng rng(seed);
  std::vector<std::uint64_t> ranks;
  for (const std::uint32_t row : rows) ranks.push_back(donor_rank(identity_of(dataset.row_id(row)), rng));
  std::ranges::partial_sort(rows, rows.begin() + static_cast<std::ptrdiff_t>(wanted), {},
                            [&](std::uint32_t row) { return ranks[row]; });
  rows.resize(wanted);
  return rows;
}

/// Leaves out rows whose own output is not finite; returns how many.
std::size_t drop_invalid_rows(const Experiment& experiment, Dataset& reference) {
  ModelEvaluator evaluator(experiment.model(), reference, experiment.layout(),
                           {.rows_per_call = experiment.rows_per_call(),
                            .batch_size = experiment.rows_per_call(),
                            .thread_count = experiment.thread_count(),
                            .sharing = MixSharing::kNone,
                            .masked_logits = experiment.masked_logits()});
  Progress silent;
  const std::vector<std::uint32_t> valid = evaluator.finite_examples(silent);
  const std::size_t dropped = reference.example_count() - valid.size();
  if (valid.empty()) {
    throw ModelError(experiment.model().path() +
                     ": expected finite outputs for some rows of the background, got none of " +
                     std::to_string(dropped));
  }
  reference.keep(valid);
  return dropped;
}

/// Every row of a reference file, or of the validation set itself.
std::unique_ptr<Dataset> open_reference(const Experiment& experiment,
                                        const std::optional<std::filesystem::path>& path) {
  if (!path) return experiment.dataset().whole_inputs();
  DatasetOptions options{
      .path = *path, .inputs = experiment.layout().input_names(), .content = DatasetContent::kInputsOnly};
  use_manifest(options, experiment.config(),
               {.broken = experiment.drops_invalid_examples() ? BrokenFiles::kLeftOut : BrokenFiles::kError,
                .thread_count = experiment.thread_count()});
  auto reference = std::make_unique<Dataset>(options);
  if (experiment.cast_dtype()) reference->cast_floats(*experiment.cast_dtype());
  for (std::size_t input = 0; input < reference->input_count(); ++input) {
    const Array& theirs = reference->input(input);
    const Array& ours = experiment.dataset().input(input);
    if (theirs.dtype != ours.dtype ||
        !std::ranges::equal(std::span(theirs.shape).subspan(1), std::span(ours.shape).subspan(1))) {
      throw DataError(reference->path() + ": input '" + theirs.name + "': expected rows like those of " +
                      experiment.dataset().path() + ", " + describe(ours) + ", got " + describe(theirs));
    }
  }
  return reference;
}

std::unique_ptr<Dataset> draw_background(const Experiment& experiment, const Background& background,
                                         std::optional<std::size_t> wanted, std::optional<std::size_t> most) {
  std::unique_ptr<Dataset> reference = open_reference(experiment, background.path);
  const std::size_t count = most.value_or(wanted.value_or(background.rows.value_or(kDefaultBackgroundRows)));
  reference->keep(background.path ? draw_rows(reference->example_count(), count, experiment.seed())
                                  : first_donors(experiment.dataset(), count, experiment.seed()));
  return reference;
}

/// The example that each row of the validation set in the background is; empty where some are no examples.
std::vector<std::uint32_t> examples_of_background(const Dataset& dataset, const Dataset& reference) {
  std::unordered_map<std::uint32_t, std::uint32_t> example_of_row;
  for (std::uint32_t example = 0; example < dataset.example_count(); ++example) {
    example_of_row.emplace(dataset.row(example), example);
  }
  std::vector<std::uint32_t> examples;
  for (std::size_t draw = 0; draw < reference.example_count(); ++draw) {
    const auto found = example_of_row.find(reference.row(draw));
    if (found == example_of_row.end()) return {};
    examples.push_back(found->second);
  }
  return examples;
}

BaselineOptions baseline_options(const Experiment& experiment, const ModalityConfig& modality) {
  BaselineOptions options{.type = modality.removal.type,
                          .value = modality.removal.value,
                          .token_id = modality.removal.token_id.value_or(0),
                          .special_ids = modality.special_ids,
                          .thread_count = experiment.thread_count(),
                          .baselines = {}};
  if (options.type == RemovalType::kFile) {
    options.baselines = companion_arrays(experiment, modality, "__baseline", "which is removed by 'file'");
  }
  return options;
}

}  // namespace

RemovalSetup::RemovalSetup(Experiment& experiment, std::optional<std::size_t> background,
                           std::optional<std::size_t> fewer)
    : RemovalSetup(experiment, background, fewer, Extent::kAllRows) {}

RemovalSetup::RemovalSetup(Experiment& experiment, std::optional<std::size_t> background,
                           std::optional<std::size_t> fewer, Extent extent) {
  // A background on the command line replaces every baseline.
  const std::optional<Background> wanted = common_background(experiment.config(), background.has_value());
  if (wanted) {
    rows_are_chosen_ = background || wanted->rows;
    reference_ = draw_background(experiment, *wanted, background, fewer);
  }
  if (wanted && experiment.drops_invalid_examples()) dropped_row_count_ = drop_invalid_rows(experiment, *reference_);
  RemovalRows::Parts parts{.dataset = experiment.dataset(),
                           .layout = experiment.layout(),
                           .rows = experiment.evaluator().modality_rows(),
                           .reference = reference_.get(),
                           .baselines = {}};
  if (wanted && !wanted->path) {
    parts.reference_examples = examples_of_background(experiment.dataset(), *reference_);
  }
  for (const ModalityConfig& modality : experiment.config().modalities) {
    if (background || modality.removal.type == RemovalType::kBackground) {
      parts.baselines.push_back(nullptr);
      continue;
    }
    BaselineOptions options = baseline_options(experiment, modality);
    std::unique_ptr<Dataset> population;
    if (options.type == RemovalType::kMean) {
      // Of every row, whichever examples are explained.
      population = open_reference(experiment, modality.removal.path);
      if (extent == Extent::kOneRow) population->keep(std::array{0U});
      options.population = population.get();
    }
    parts.baselines.push_back(
        make_baseline(options, modality.name, experiment.dataset(), inputs_of(experiment, modality)));
  }
  rows_ = std::make_unique<RemovalRows>(std::move(parts));
}

void RemovalSetup::check(Experiment& experiment) {
  // Other rows of the validation set need no check.
  const auto is_own_background = [](const ModalityConfig& modality) {
    return modality.removal.type == RemovalType::kBackground && !modality.removal.path;
  };
  if (std::ranges::all_of(experiment.config().modalities, is_own_background)) return;
  // A model that was traced for a number of rows takes no other.
  const std::size_t rows = experiment.config().model.rows_per_call ? experiment.rows_per_call() : 2;
  RemovalSetup(experiment, std::nullopt, 1, Extent::kOneRow).check_numbers(experiment, rows);
}

std::optional<std::size_t> RemovalSetup::background_count() const {
  return reference_ ? std::optional(reference_->example_count()) : std::nullopt;
}

}  // namespace modattr
