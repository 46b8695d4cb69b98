#include "modattr/value/model_evaluator.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <mutex>
#include <numeric>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/value/parallel.h"

namespace modattr {
namespace {

bool is_finite(std::span<const double> output) {
  return std::ranges::all_of(output, [](double value) { return std::isfinite(value); });
}

}  // namespace

ModelEvaluator::ModelEvaluator(const Model& model, const Dataset& dataset, const InputLayout& layout,
                               EvaluatorOptions options)
    : model_(model), dataset_(dataset), layout_(layout), input_names_(layout.input_names()), options_(options) {
  const std::size_t calls_per_batch = (options_.batch_size + options_.rows_per_call - 1) / options_.rows_per_call;
  options_.batch_size = std::max<std::size_t>(calls_per_batch, 1) * options_.rows_per_call;
}

void ModelEvaluator::evaluate(std::span<const Mix> mixes, const Receiver& receive, Progress& progress) {
  const auto receive_finite = [&](std::size_t mix, std::size_t example, std::span<const double> output) {
    if (!is_finite(output)) throw_not_finite(mixes[mix], example, output);
    receive(mix, example, output);
  };
  run_batches(mixes, receive_finite, progress);
}

std::vector<std::uint32_t> ModelEvaluator::finite_examples(Progress& progress) {
  std::vector<std::uint32_t> examples(dataset_.example_count());
  std::iota(examples.begin(), examples.end(), 0u);
  const Mix untouched{Coalition::full(layout_.modalities.count()), examples};
  // Bytes, not bits: threads write neighbours.
  std::vector<unsigned char> finite(examples.size(), 0);
  progress.begin("check", examples.size());
  run_batches(
      std::span(&untouched, 1),
      [&](std::size_t, std::size_t example, std::span<const double> output) { finite[example] = is_finite(output); },
      progress);
  progress.finish();
  std::erase_if(examples, [&](std::uint32_t example) { return finite[example] == 0; });
  return examples;
}

void ModelEvaluator::run_batches(std::span<const Mix> mixes, const Receiver& receive, Progress& progress) {
  const std::size_t row_count = mixes.size() * dataset_.example_count();
  const std::size_t batch_count = (row_count + options_.batch_size - 1) / options_.batch_size;
  std::mutex progress_mutex;
  parallel_for(batch_count, options_.thread_count, [&](std::size_t batch) {
    const std::size_t first = batch * options_.batch_size;
    const std::size_t count = std::min(options_.batch_size, row_count - first);
    run_batch(mixes, first, count, receive);
    const std::lock_guard lock(progress_mutex);
    progress.advance(count);
  });
  evaluation_count_ += row_count;
}

void ModelEvaluator::run_batch(std::span<const Mix> mixes, std::size_t first, std::size_t row_count,
                               const Receiver& receive) const {
  const std::size_t example_count = dataset_.example_count();
  for (std::size_t start = 0; start < row_count; start += options_.rows_per_call) {
    const std::size_t count = std::min(options_.rows_per_call, row_count - start);
    const MixedRows rows = mixed_rows(mixes, first + start, count);
    const at::Tensor outputs = split_ ? run_split(rows) : model_.run(input_names_, gather_all(rows));
    const auto width = static_cast<std::size_t>(outputs.size(1));
    if (output_width_ != 0 && width != output_width_) {
      throw ModelError(model_.path() + ": output: expected rows of " + std::to_string(output_width_) +
                       " like those before, got " + std::to_string(width));
    }
    const std::span<const double> values(outputs.data_ptr<double>(), static_cast<std::size_t>(outputs.numel()));
    for (std::size_t row = 0; row < count; ++row) {
      const std::size_t place = first + start + row;
      receive(place / example_count, place % example_count, values.subspan(row * width, width));
    }
  }
}

ModelEvaluator::MixedRows ModelEvaluator::mixed_rows(std::span<const Mix> mixes, std::size_t first,
                                                     std::size_t row_count) const {
  const std::size_t example_count = dataset_.example_count();
  MixedRows rows;
  rows.own.resize(options_.rows_per_call);
  rows.by_modality.assign(layout_.modalities.count(), rows.own);
  for (std::size_t row = 0; row < options_.rows_per_call; ++row) {
    const std::size_t place = first + std::min(row, row_count - 1);
    const Mix& mix = mixes[place / example_count];
    rows.own[row] = static_cast<std::uint32_t>(place % example_count);
    for (std::size_t modality = 0; modality < rows.by_modality.size(); ++modality) {
      rows.by_modality[modality][row] = mix.present.contains(modality) ? rows.own[row] : mix.donors[rows.own[row]];
    }
  }
  return rows;
}

at::Tensor ModelEvaluator::run_split(const MixedRows& rows) const {
  std::vector<at::Tensor> features;
  for (std::size_t modality = 0; modality < rows.by_modality.size(); ++modality) {
    if (split_->model->feature_count(modality) == 0) continue;
    std::vector<at::Tensor> gathered = split_->features->gather(modality, rows.by_modality[modality]);
    std::ranges::move(gathered, std::back_inserter(features));
  }
  std::vector<at::Tensor> raw_inputs;
  for (const std::size_t input : split_->model->raw_inputs()) raw_inputs.push_back(gather_input(input, rows));
  return split_->model->fuse(features, raw_inputs);
}

std::vector<at::Tensor> ModelEvaluator::gather_all(const MixedRows& rows) const {
  std::vector<at::Tensor> tensors;
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input) tensors.push_back(gather_input(input, rows));
  return tensors;
}

at::Tensor ModelEvaluator::gather_input(std::size_t input, const MixedRows& rows) const {
  const std::vector<InputPart>& parts = layout_.inputs[input].parts;
  if (parts.size() == 1 && parts.front().columns.empty()) {
    return dataset_.gather(input, rows.by_modality[parts.front().modality]);
  }
  at::Tensor tensor = dataset_.gather(input, rows.own);
  for (const InputPart& part : parts) {
    const at::Tensor source = dataset_.gather(input, rows.by_modality[part.modality]);
    for (const ColumnRange& range : part.columns) {
      tensor.narrow(1, range.first, range.end - range.first)
          .copy_(source.narrow(1, range.first, range.end - range.first));
    }
  }
  return tensor;
}

std::string ModelEvaluator::use_split(std::size_t cache_bytes, Progress& progress) {
  std::vector<ModelInput> inputs;
  std::vector<std::vector<std::size_t>> modality_inputs(layout_.modalities.count());
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
    const std::vector<InputPart>& parts = layout_.inputs[input].parts;
    const bool whole = parts.size() == 1 && parts.front().columns.empty();
    inputs.push_back({layout_.inputs[input].name, whole ? std::optional(parts.front().modality) : std::nullopt});
    if (whole) modality_inputs[parts.front().modality].push_back(input);
  }
  SplitResult result = model_.split(inputs, layout_.modalities.count(), spread_rows());
  if (!result.model) return result.reason;
  auto features = std::make_unique<FeatureStore>(
      *result.model, dataset_, std::move(modality_inputs),
      FeatureStoreOptions{
          .rows_per_call = options_.rows_per_call, .thread_count = options_.thread_count, .budget_bytes = cache_bytes});
  try {
    features->fill(progress);
  } catch (const ModelError& error) {
    // Rows that the proof has not seen: the whole model answers, or fails with its own words.
    return error.what();
  }
  split_ = std::make_unique<Split>(Split{std::move(result.model), std::move(features)});
  return {};
}

std::vector<at::Tensor> ModelEvaluator::first_rows() const {
  const auto count = static_cast<std::uint32_t>(std::min(options_.rows_per_call, dataset_.example_count()));
  std::vector<std::uint32_t> examples(options_.rows_per_call);
  for (std::uint32_t row = 0; row < examples.size(); ++row) examples[row] = std::min(row, count - 1);
  return gather_own(examples);
}

std::vector<at::Tensor> ModelEvaluator::spread_rows() const {
  // From the whole set, as neighbours are often alike.
  std::vector<std::uint32_t> examples(options_.rows_per_call);
  for (std::size_t row = 0; row < examples.size(); ++row) {
    examples[row] = static_cast<std::uint32_t>(row * dataset_.example_count() / examples.size());
  }
  return gather_own(examples);
}

std::vector<at::Tensor> ModelEvaluator::gather_own(std::span<const std::uint32_t> examples) const {
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input)
    inputs.push_back(dataset_.gather(input, examples));
  return inputs;
}

void ModelEvaluator::throw_not_finite(const Mix& mix, std::size_t example, std::span<const double> output) const {
  const auto bad = std::ranges::find_if(output, [](double value) { return !std::isfinite(value); });
  std::string message = model_.path() + ": output for example " + dataset_.id(example);
  if (!mix.present.is_full() && mix.donors[example] != example) {
    std::string replaced;
    for (std::size_t modality = 0; modality < layout_.modalities.count(); ++modality) {
      if (!mix.present.contains(modality)) {
        replaced += (replaced.empty() ? "" : " and ") + layout_.modalities.modality_name(modality);
      }
    }
    message += " with " + replaced + " of example " + dataset_.id(mix.donors[example]);
  }
  message += ": expected finite numbers, got " + std::to_string(*bad);
  for (const std::uint32_t source : {static_cast<std::uint32_t>(example), mix.donors[example]}) {
    for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
      const at::Tensor row = dataset_.gather(input, std::span(&source, 1));
      if (row.is_floating_point() && !row.isfinite().all().item<bool>()) {
        throw ModelError(message + "; input '" + layout_.inputs[input].name + "' of example " + dataset_.id(source) +
                         " is not finite, --skip-invalid leaves such examples out");
      }
    }
  }
  throw ModelError(message);
}

std::size_t ModelEvaluator::output_width() {
  output_width_ = static_cast<std::size_t>(model_.run(input_names_, first_rows()).size(1));
  return output_width_;
}

}  // namespace modattr
