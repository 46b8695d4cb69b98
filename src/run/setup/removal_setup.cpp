#include "removal_setup.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <string_view>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/rng.h"
#include "modattr/data/array_tensor.h"
#include "modattr/stats/class_reader.h"

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

/// Leaves out rows whose own output is not finite; returns how many.
std::size_t drop_invalid_rows(const Experiment& experiment, Dataset& reference) {
  ModelEvaluator evaluator(experiment.model(), reference, experiment.layout(),
                           {.rows_per_call = experiment.rows_per_call(),
                            .batch_size = experiment.rows_per_call(),
                            .thread_count = experiment.thread_count(),
                            .sharing = MixSharing::kNone});
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
  auto reference = std::make_unique<Dataset>(DatasetOptions{
      .path = *path, .inputs = experiment.layout().input_names(), .content = DatasetContent::kInputsOnly});
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
                                         std::optional<std::size_t> wanted) {
  std::unique_ptr<Dataset> reference = open_reference(experiment, background.path);
  const std::size_t count = wanted.value_or(background.rows.value_or(kDefaultBackgroundRows));
  reference->keep(draw_rows(reference->example_count(), count, experiment.seed()));
  return reference;
}

/// The arrays NAME + `suffix` of a modality's inputs, for what `purpose` names.
std::vector<Array> companion_arrays(const Experiment& experiment, const ModalityConfig& modality,
                                    const std::string& suffix, const std::string& purpose) {
  std::vector<Array> companions;
  const std::vector<Array>& arrays = experiment.dataset().arrays();
  for (const InputReference& input : modality.inputs) {
    const std::string name = input.input + suffix;
    const auto found = std::ranges::find(arrays, name, &Array::name);
    if (found == arrays.end()) {
      throw DataError(experiment.dataset().path() + ": expected an array '" + name + "' for modality '" +
                      modality.name + "', " + purpose + ", got none");
    }
    companions.push_back(*found);
  }
  return companions;
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

/// The words of players.type in the order of PlayerType.
constexpr std::array<std::string_view, 8> kPlayerTypes = {"whole",  "patch",   "token",   "word",
                                                          "column", "segment", "element", "mask"};

PlayerType player_type(const Experiment& experiment, const ModalityConfig& modality) {
  std::string_view word = modality.players.type;
  if (word.empty()) {
    const std::string& kind = modality.kind;
    word = kind == "image"     ? "patch"
           : kind == "tokens"  ? "token"
           : kind == "columns" ? "column"
           : kind == "audio"   ? "segment"
                               : "element";
  }
  const auto found = std::ranges::find(kPlayerTypes, word);
  if (found == kPlayerTypes.end()) {
    throw ConfigError(experiment.config().file.string() + ": modality '" + modality.name + "': players.type: '" +
                      std::string(word) + "' is not available yet; use patch, or a mask of your own");
  }
  return static_cast<PlayerType>(found - kPlayerTypes.begin());
}

SegmentationOptions segmentation_options(const Experiment& experiment, const ModalityConfig& modality) {
  SegmentationOptions options{.type = player_type(experiment, modality),
                              .size = modality.players.size,
                              .special_ids = modality.special_ids,
                              .vocabulary = {},
                              .masks = {}};
  if (modality.vocab) options.vocabulary = read_vocabulary(*modality.vocab);
  if (options.type == PlayerType::kMask) {
    options.masks = companion_arrays(experiment, modality, "__players", "whose players are a mask");
  }
  return options;
}

std::vector<std::size_t> inputs_of(const Experiment& experiment, const ModalityConfig& modality) {
  std::vector<std::size_t> inputs;
  const std::vector<std::string> names = experiment.layout().input_names();
  for (const InputReference& reference : modality.inputs) {
    inputs.push_back(static_cast<std::size_t>(std::ranges::find(names, reference.input) - names.begin()));
  }
  return inputs;
}

TargetConfig target_config(const Experiment& experiment, const std::optional<std::string>& word) {
  if (!word) return experiment.config().target;
  if (*word == "predicted") return {TargetChoice::kPredicted, 0};
  if (*word == "label") return {TargetChoice::kLabel, 0};
  TargetConfig target{TargetChoice::kFixed, 0};
  const auto [end, error] = std::from_chars(word->data(), word->data() + word->size(), target.fixed);
  if (error != std::errc{} || end != word->data() + word->size()) {
    const std::vector<std::string> words = {"predicted", "label"};
    const std::string nearest = nearest_word(*word, words);
    throw ConfigError("--target: expected predicted, label or a class index from 0 on, got '" + *word + "'" +
                      (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
  }
  return target;
}

std::vector<std::uint32_t> predict(Experiment& experiment, Progress& progress) {
  const ClassReader reader(experiment.config().model.kind, experiment.output_width());
  std::vector<std::uint32_t> predicted(experiment.dataset().example_count());
  std::vector<std::uint32_t> own(predicted.size());
  std::iota(own.begin(), own.end(), 0u);
  const Mix untouched{Coalition::full(experiment.layout().modalities.count()), own};
  progress.begin("predict", predicted.size());
  experiment.evaluator().evaluate(
      std::span(&untouched, 1),
      [&](std::size_t, std::size_t example, std::span<const double> output) {
        predicted[example] = static_cast<std::uint32_t>(reader.predicted(output));
      },
      progress);
  progress.finish();
  return predicted;
}

std::vector<std::uint32_t> label_classes(const Experiment& experiment) {
  const auto* labels = std::get_if<ClassLabels>(experiment.dataset().labels().get());
  if (labels == nullptr) {
    throw ConfigError("target 'label': expected class labels, got " +
                      std::string(kind_name(*experiment.dataset().labels())) + "; use predicted or a class index");
  }
  return {labels->classes.begin(), labels->classes.end()};
}

}  // namespace

PlayersSetup::PlayersSetup(const Experiment& experiment) {
  for (const ModalityConfig& modality : experiment.config().modalities) {
    inputs_.push_back(inputs_of(experiment, modality));
    std::vector<SegmentedInput> inputs;
    for (std::size_t place = 0; place < modality.inputs.size(); ++place) {
      inputs.push_back({inputs_.back()[place], {}});
      for (const ColumnRange& range : modality.inputs[place].columns) {
        inputs.back().columns.push_back({range.first, range.end});
      }
    }
    segmentations_.push_back(
        make_segmentation(segmentation_options(experiment, modality), modality.name, experiment.dataset(), inputs));
  }
}

RemovalSetup::RemovalSetup(Experiment& experiment, std::optional<std::size_t> background) {
  // A background on the command line replaces every baseline.
  const std::optional<Background> wanted = common_background(experiment.config(), background.has_value());
  if (wanted) reference_ = draw_background(experiment, *wanted, background);
  if (wanted && experiment.drops_invalid_examples()) dropped_row_count_ = drop_invalid_rows(experiment, *reference_);
  RemovalRows::Parts parts{.dataset = experiment.dataset(),
                           .layout = experiment.layout(),
                           .rows = experiment.evaluator().modality_rows(),
                           .reference = reference_.get(),
                           .baselines = {}};
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
      options.population = population.get();
    }
    parts.baselines.push_back(
        make_baseline(options, modality.name, experiment.dataset(), inputs_of(experiment, modality)));
  }
  rows_ = std::make_unique<RemovalRows>(std::move(parts));
}

std::optional<std::size_t> RemovalSetup::background_count() const {
  return reference_ ? std::optional(reference_->example_count()) : std::nullopt;
}

ExplainedTargets make_targets(Experiment& experiment, const TargetChoices& choices, Progress& progress) {
  const OutputKind kind = experiment.config().model.kind;
  const bool is_regression = kind == OutputKind::kRegression;
  const bool has_classes = predicts_classes(kind);
  if (kind == OutputKind::kCausalLm && choices.target && *choices.target != "label") {
    throw ConfigError("--target: expected label, as a language model is asked for its label tokens, got '" +
                      *choices.target + "'");
  }
  const TargetConfig choice = target_config(experiment, choices.target);
  const std::optional<std::string> word = choices.value ? choices.value : experiment.config().value;
  ExplainedTargets result;
  result.value = word            ? parse_value_kind(*word)
                 : has_classes   ? ValueKind::kProbability
                 : is_regression ? ValueKind::kOutput
                                 : ValueKind::kLogProbability;
  if (is_regression && choice.choice == TargetChoice::kLabel && result.value != ValueKind::kLoss) {
    throw ConfigError((choices.target ? "--target" : experiment.config().file.string() + ": target") +
                      ": expected predicted or a column of the output, as a regression has no class to explain, got "
                      "'label'; use value loss for the error against the label");
  }
  const std::size_t example_count = experiment.dataset().example_count();
  if (has_classes) result.predicted = predict(experiment, progress);

  std::vector<std::uint32_t> classes(example_count, choice.fixed);
  if (is_regression && choice.choice != TargetChoice::kFixed && experiment.output_width() > 1) {
    throw ConfigError("target: expected the column of the output to explain, from 0 to " +
                      std::to_string(experiment.output_width() - 1) + ", got none; name it with --target");
  }
  if (has_classes && choice.choice == TargetChoice::kPredicted) classes = result.predicted;
  if (has_classes && choice.choice == TargetChoice::kLabel) classes = label_classes(experiment);
  // The loss is that of the label.
  if (has_classes && result.value == ValueKind::kLoss) {
    if (choices.target && choice.choice != TargetChoice::kLabel) {
      throw ConfigError("--target: expected label, as value 'loss' is that of the label, got '" + *choices.target +
                        "'");
    }
    classes = label_classes(experiment);
  }
  const bool is_one_output = has_classes && experiment.output_width() == 1 && result.value == ValueKind::kOutput;
  if (is_one_output && choice.choice != TargetChoice::kFixed) {
    throw ConfigError("--value output: expected --target 0, as the model has one output, got target " +
                      std::string(choice.choice == TargetChoice::kLabel ? "label" : "predicted") +
                      "; or use another value, such as probability");
  }
  std::vector<double> values;
  if (const auto* labels = std::get_if<ValueLabels>(experiment.dataset().labels().get())) values = labels->values;
  result.targets.emplace_back(TargetInput{.kind = kind,
                                          .output_width = experiment.output_width(),
                                          .value = result.value,
                                          .classes = std::move(classes),
                                          .label_values = std::move(values)});
  if (has_classes && std::holds_alternative<ClassLabels>(*experiment.dataset().labels())) {
    result.targets.emplace_back(TargetInput{.kind = kind,
                                            .output_width = experiment.output_width(),
                                            .value = ValueKind::kCorrect,
                                            .classes = label_classes(experiment),
                                            .label_values = {}});
  }
  return result;
}

}  // namespace modattr
