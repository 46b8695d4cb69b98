#include "modattr/value/model_evaluator.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include <ATen/Parallel.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

/// The first failure in the order of the work, whichever thread meets it.
class FirstFailure {
 public:
  void record(std::size_t place, std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_ || place < place_) {
      place_ = place;
      failure_ = std::move(failure);
    }
    happened_ = true;
  }
  bool happened() const noexcept { return happened_; }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::size_t place_ = 0;
  std::exception_ptr failure_;
  std::atomic<bool> happened_ = false;
};

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
  std::atomic<std::size_t> next_batch = 0;
  std::mutex progress_mutex;
  FirstFailure failure;
  const auto work = [&] {
    at::init_num_threads();
    // Batches are taken in order and every batch that was taken is run, so all batches before a failed one are finished
    // and the first failure is always the same.
    while (!failure.happened()) {
      const std::size_t batch = next_batch++;
      if (batch >= batch_count) return;
      try {
        const std::size_t first = batch * options_.batch_size;
        const std::size_t count = std::min(options_.batch_size, row_count - first);
        run_batch(mixes, first, count, receive);
        const std::lock_guard lock(progress_mutex);
        progress.advance(count);
      } catch (...) {
        failure.record(batch, std::current_exception());
      }
    }
  };
  const std::size_t thread_count = std::min(options_.thread_count, batch_count);
  std::vector<std::jthread> threads;
  for (std::size_t thread = 1; thread < thread_count; ++thread) threads.emplace_back(work);
  work();
  threads.clear();
  failure.rethrow();
  evaluation_count_ += row_count;
}

void ModelEvaluator::run_batch(std::span<const Mix> mixes, std::size_t first, std::size_t row_count,
                               const Receiver& receive) const {
  const std::size_t example_count = dataset_.example_count();
  const std::vector<at::Tensor> batch = gather(mixes, first, row_count);
  for (std::size_t start = 0; start < row_count; start += options_.rows_per_call) {
    std::vector<at::Tensor> rows;
    for (const at::Tensor& input : batch) {
      rows.push_back(
          input.narrow(0, static_cast<std::int64_t>(start), static_cast<std::int64_t>(options_.rows_per_call)));
    }
    const at::Tensor outputs = model_.run(input_names_, rows);
    const auto width = static_cast<std::size_t>(outputs.size(1));
    if (output_width_ != 0 && width != output_width_) {
      throw ModelError(model_.path() + ": output: expected " + std::to_string(output_width_) +
                       " numbers per row as before, got " + std::to_string(width));
    }
    const std::span<const double> values(outputs.data_ptr<double>(), static_cast<std::size_t>(outputs.numel()));
    for (std::size_t row = 0; row < std::min(options_.rows_per_call, row_count - start); ++row) {
      const std::size_t place = first + start + row;
      receive(place / example_count, place % example_count, values.subspan(row * width, width));
    }
  }
}

std::vector<at::Tensor> ModelEvaluator::gather(std::span<const Mix> mixes, std::size_t first,
                                               std::size_t row_count) const {
  const std::size_t example_count = dataset_.example_count();
  const std::size_t padded_count =
      (row_count + options_.rows_per_call - 1) / options_.rows_per_call * options_.rows_per_call;
  // Per row of the batch: its mix, its own example and its donor.
  std::vector<std::size_t> mix_of(padded_count);
  std::vector<std::uint32_t> own(padded_count);
  std::vector<std::uint32_t> donor(padded_count);
  for (std::size_t row = 0; row < padded_count; ++row) {
    const std::size_t place = first + std::min(row, row_count - 1);
    mix_of[row] = place / example_count;
    own[row] = static_cast<std::uint32_t>(place % example_count);
    donor[row] = mixes[mix_of[row]].donors[own[row]];
  }
  std::vector<at::Tensor> tensors;
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
    const std::vector<InputPart>& parts = layout_.inputs[input].parts;
    const auto source_rows = [&](std::size_t modality) {
      std::vector<std::uint32_t> rows(own);
      for (std::size_t row = 0; row < padded_count; ++row) {
        if (!mixes[mix_of[row]].present.contains(modality)) rows[row] = donor[row];
      }
      return rows;
    };
    if (parts.size() == 1 && parts.front().columns.empty()) {
      tensors.push_back(dataset_.gather(input, source_rows(parts.front().modality)));
      continue;
    }
    at::Tensor tensor = dataset_.gather(input, own);
    for (const InputPart& part : parts) {
      const at::Tensor source = dataset_.gather(input, source_rows(part.modality));
      for (const ColumnRange& range : part.columns) {
        tensor.narrow(1, range.first, range.end - range.first)
            .copy_(source.narrow(1, range.first, range.end - range.first));
      }
    }
    tensors.push_back(std::move(tensor));
  }
  return tensors;
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
  const std::uint32_t rows = static_cast<std::uint32_t>(std::min(options_.rows_per_call, dataset_.example_count()));
  std::vector<std::uint32_t> examples(options_.rows_per_call);
  for (std::uint32_t row = 0; row < examples.size(); ++row) examples[row] = std::min(row, rows - 1);
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
    inputs.push_back(dataset_.gather(input, examples));
  }
  output_width_ = static_cast<std::size_t>(model_.run(input_names_, inputs).size(1));
  return output_width_;
}

}  // namespace modattr
