#include "modattr/value/encodings/encoding_cache.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include <ATen/Functions.h>
#include <c10/core/InferenceMode.h>

#include "modattr/core/error.h"
#include "modattr/value/call_size.h"
#include "modattr/value/mixes/mixed_rows.h"
#include "modattr/value/parallel_calls.h"

namespace modattr {
namespace {

std::vector<std::int64_t> with_rows(std::size_t row_count, const at::Tensor& feature) {
  std::vector<std::int64_t> shape = feature.sizes().vec();
  shape.front() = static_cast<std::int64_t>(row_count);
  return shape;
}

/// Throws SplitAssumptionError when a feature of another call has rows of another shape: copying would stretch them.
void check_row_shape(const at::Tensor& feature, const at::Tensor& kept) {
  if (feature.sizes().slice(1) != kept.sizes().slice(1)) {
    throw SplitAssumptionError("the shape of an encoder's answer depends on the rows of its batch");
  }
}

/// Puts the first `count` rows of a call's features into the rows from `first` on of `kept`.
void copy_features(std::span<const at::Tensor> features, std::span<const at::Tensor> kept, std::size_t first,
                   std::size_t count) {
  const auto first_row = static_cast<std::int64_t>(first);
  const auto row_count = static_cast<std::int64_t>(count);
  for (std::size_t feature = 0; feature < features.size(); ++feature) {
    check_row_shape(features[feature], kept[feature]);
    kept[feature].narrow(0, first_row, row_count).copy_(features[feature].narrow(0, 0, row_count));
  }
}

at::Tensor index_tensor(std::span<const std::int64_t> rows) {
  return at::tensor(at::ArrayRef<std::int64_t>(rows.data(), rows.size()), at::kLong);
}

}  // namespace

EncodingCache::EncodingCache(const SplitModel& model, const Dataset& dataset,
                             std::vector<std::vector<std::size_t>> modality_inputs, const ModalityRows& rows,
                             const EncodingCacheOptions& options)
    : model_(model),
      dataset_(dataset),
      options_(options),
      modalities_(modality_inputs.size()),
      encoded_row_counts_(modality_inputs.size()) {
  for (std::size_t modality = 0; modality < modalities_.size(); ++modality) {
    if (model.encoding_count(modality) == 0) continue;
    modalities_[modality].inputs = std::move(modality_inputs[modality]);
    modalities_[modality].rows = &rows.modality(modality);
  }
}

std::vector<at::Tensor> EncodingCache::read_inputs(std::size_t modality,
                                                   std::span<const std::uint32_t> examples) const {
  std::vector<std::uint32_t> padded(examples.begin(), examples.end());
  padded.resize(options_.rows_per_call, examples.back());
  std::vector<at::Tensor> inputs;
  for (const std::size_t input : modalities_[modality].inputs) inputs.push_back(dataset_.gather(input, padded));
  return inputs;
}

std::vector<at::Tensor> EncodingCache::encode(std::size_t modality, std::span<const std::uint32_t> examples) const {
  std::vector<std::vector<at::Tensor>> calls;
  for (std::size_t first = 0; first < examples.size(); first += options_.rows_per_call) {
    const std::size_t count = std::min(options_.rows_per_call, examples.size() - first);
    calls.push_back(model_.encode(modality, read_inputs(modality, examples.subspan(first, count))));
  }
  encoded_row_counts_[modality] += examples.size();
  const c10::InferenceMode inference_mode;
  std::vector<at::Tensor> features;
  for (std::size_t feature = 0; feature < calls.front().size(); ++feature) {
    std::vector<at::Tensor> parts;
    for (const std::vector<at::Tensor>& call : calls) {
      check_row_shape(call[feature], calls.front()[feature]);
      parts.push_back(call[feature]);
    }
    const at::Tensor all = parts.size() == 1 ? parts.front() : at::cat(parts, 0);
    features.push_back(all.narrow(0, 0, static_cast<std::int64_t>(examples.size())));
  }
  return features;
}

void EncodingCache::plan_memory() {
  const c10::InferenceMode inference_mode;
  std::size_t left = options_.budget_bytes;
  for (std::size_t modality = 0; modality < modalities_.size(); ++modality) {
    ModalityFeatures& entry = modalities_[modality];
    if (entry.rows == nullptr) continue;
    const std::vector<at::Tensor> rows = model_.encoding_row(modality);
    for (const at::Tensor& row : rows) {
      entry.row_bytes += static_cast<std::size_t>(row.numel()) * static_cast<std::size_t>(row.element_size());
    }
    entry.kept_count = std::min(entry.rows->example_of.size(), left / std::max<std::size_t>(entry.row_bytes, 1));
    left -= entry.kept_count * entry.row_bytes;
    for (const at::Tensor& row : rows) {
      entry.kept.push_back(at::empty(with_rows(entry.kept_count, row), row.options()));
    }
  }
}

double EncodingCache::measure_encoder(std::size_t modality) const {
  if (modalities_[modality].rows == nullptr) return 0.0;
  const std::vector<std::uint32_t> examples(options_.rows_per_call, 0U);
  const std::vector<at::Tensor> inputs = read_inputs(modality, examples);
  const ProbeCall call = [&](std::size_t, std::size_t) { return model_.encode(modality, inputs).front(); };
  return seconds_per_row(call, options_.rows_per_call);
}

void EncodingCache::fill(Progress& progress, const std::function<void()>& meanwhile) {
  const auto start = std::chrono::steady_clock::now();
  plan_memory();
  struct Call {
    std::size_t modality;
    std::size_t first_row;
    std::span<const std::uint32_t> examples;
  };
  std::vector<Call> calls;
  std::size_t total = 0;
  for (std::size_t modality = 0; modality < modalities_.size(); ++modality) {
    const ModalityFeatures& entry = modalities_[modality];
    total += entry.kept_count;
    for (std::size_t first = 0; first < entry.kept_count; first += options_.rows_per_call) {
      const std::size_t count = std::min(options_.rows_per_call, entry.kept_count - first);
      calls.push_back({modality, first, std::span(entry.rows->example_of).subspan(first, count)});
    }
  }
  progress.begin("encode", total);
  std::mutex progress_mutex;
  const auto read = [&](std::size_t call) { return read_inputs(calls[call].modality, calls[call].examples); };
  const auto keep = [&](std::size_t call, const std::vector<at::Tensor>& inputs) {
    const c10::InferenceMode inference_mode;
    const auto& [modality, first_row, examples] = calls[call];
    ModalityFeatures& entry = modalities_[modality];
    const std::vector<at::Tensor> features = model_.encode(modality, inputs);
    copy_features(features, entry.kept, first_row, examples.size());
    encoded_row_counts_[modality] += examples.size();
    const std::lock_guard lock(progress_mutex);
    progress.advance(examples.size());
  };
  // The work beside it is the first piece, so that of several failures its own is told.
  const std::size_t extra = meanwhile ? 1 : 0;
  read_and_run_for(
      calls.size() + extra, options_.thread_count,
      [&](std::size_t piece) { return piece < extra ? std::vector<at::Tensor>{} : read(piece - extra); },
      [&](std::size_t piece, const std::vector<at::Tensor>& inputs) {
        piece < extra ? meanwhile() : keep(piece - extra, inputs);
      });
  progress.finish();
  fill_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void EncodingCache::encode_synthetic_rows(const SyntheticRows* made, std::span<const std::size_t> unchanged,
                                          const std::function<void(std::size_t row_count)>& encoded) {
  struct Call {
    std::size_t modality;
    std::size_t first;
    std::size_t count;
  };
  std::vector<Call> calls;
  for (std::size_t modality = 0; modality < modalities_.size(); ++modality) {
    ModalityFeatures& entry = modalities_[modality];
    const std::vector<at::Tensor> last = std::exchange(entry.made, {});
    const std::size_t row_count = made == nullptr || entry.rows == nullptr ? 0 : made->count(modality);
    if (row_count == 0) continue;
    const c10::InferenceMode inference_mode;
    for (const at::Tensor& row : model_.encoding_row(modality)) {
      entry.made.push_back(at::empty(with_rows(row_count, row), row.options()));
    }
    const std::size_t known = unchanged.empty() || last.empty() ? 0 : unchanged[modality];
    if (known > 0) copy_features(last, entry.made, 0, known);
    for (std::size_t first = known; first < row_count; first += options_.rows_per_call) {
      calls.push_back({modality, first, std::min(options_.rows_per_call, row_count - first)});
    }
  }
  const auto read = [&](std::size_t call) {
    const auto& [modality, first, count] = calls[call];
    std::vector<std::uint32_t> rows(options_.rows_per_call);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      rows[row] = static_cast<std::uint32_t>(first + std::min(row, count - 1));
    }
    std::vector<at::Tensor> inputs;
    for (const std::size_t input : modalities_[modality].inputs) {
      inputs.push_back(made->gather(input, modality, rows));
    }
    return inputs;
  };
  std::mutex encoded_mutex;
  read_and_run_for(calls.size(), options_.thread_count, read,
                   [&](std::size_t call, const std::vector<at::Tensor>& inputs) {
                     const c10::InferenceMode inference_mode;
                     const auto& [modality, first, count] = calls[call];
                     const std::vector<at::Tensor> features = model_.encode(modality, inputs);
                     copy_features(features, modalities_[modality].made, first, count);
                     encoded_row_counts_[modality] += count;
                     if (!encoded) return;
                     const std::lock_guard lock(encoded_mutex);
                     encoded(count);
                   });
}

std::size_t EncodingCache::encoded_row_count() const noexcept {
  std::size_t count = 0;
  for (const std::atomic<std::size_t>& of_modality : encoded_row_counts_) count += of_modality;
  return count;
}

bool EncodingCache::is_complete() const noexcept {
  return std::ranges::all_of(modalities_, [](const ModalityFeatures& entry) {
    return entry.rows == nullptr || entry.kept_count == entry.rows->example_of.size();
  });
}

std::vector<at::Tensor> EncodingCache::gather(std::size_t modality, std::span<const std::uint32_t> rows) const {
  const ModalityFeatures& entry = modalities_[modality];
  if (entry.made.empty()) return gather_examples(modality, rows);
  const RowOrigins origins(rows, entry.rows->row_of.size());
  if (origins.made.empty()) return gather_examples(modality, rows);
  const c10::InferenceMode inference_mode;
  const std::vector<std::int64_t> synthetic_rows(origins.made.begin(), origins.made.end());
  const at::Tensor index = index_tensor(synthetic_rows);
  std::vector<at::Tensor> features;
  for (const at::Tensor& made : entry.made) features.push_back(made.index_select(0, index.to(made.device())));
  if (origins.examples.empty()) return features;
  const std::vector<at::Tensor> examples = gather_examples(modality, origins.examples);
  for (std::size_t feature = 0; feature < features.size(); ++feature) {
    features[feature] = merge_rows(origins, examples[feature], features[feature]);
  }
  return features;
}

std::vector<at::Tensor> EncodingCache::gather_examples(std::size_t modality,
                                                       std::span<const std::uint32_t> examples) const {
  const c10::InferenceMode inference_mode;
  const ModalityFeatures& entry = modalities_[modality];
  std::vector<std::int64_t> rows;
  rows.reserve(examples.size());
  std::vector<std::uint32_t> missing;
  for (const std::uint32_t example : examples) {
    const std::uint32_t row = entry.rows->row_of[example];
    rows.push_back(row);
    if (row >= entry.kept_count) missing.push_back(row);
  }
  std::vector<at::Tensor> sources = entry.kept;
  if (!missing.empty()) {
    // Rows beyond the budget: encode each distinct one of them, then number them after the kept ones.
    std::ranges::sort(missing);
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    std::vector<std::uint32_t> representatives;
    for (const std::uint32_t row : missing) representatives.push_back(entry.rows->example_of[row]);
    const std::vector<at::Tensor> encoded = encode(modality, representatives);
    std::vector<std::int64_t> places;
    for (const std::int64_t row : rows) {
      const auto found = std::ranges::lower_bound(missing, static_cast<std::uint32_t>(row));
      const bool is_missing = static_cast<std::size_t>(row) >= entry.kept_count;
      places.push_back(is_missing ? found - missing.begin() : -1);
    }
    std::vector<at::Tensor> features;
    for (std::size_t feature = 0; feature < encoded.size(); ++feature) {
      check_row_shape(encoded[feature], sources[feature]);
      at::Tensor result = at::empty(with_rows(rows.size(), encoded[feature]), encoded[feature].options());
      for (std::size_t place = 0; place < rows.size(); ++place) {
        const at::Tensor source =
            places[place] >= 0 ? encoded[feature].select(0, places[place]) : sources[feature].select(0, rows[place]);
        result.select(0, static_cast<std::int64_t>(place)).copy_(source);
      }
      features.push_back(std::move(result));
    }
    return features;
  }
  const at::Tensor index = index_tensor(rows);
  for (at::Tensor& source : sources) source = source.index_select(0, index.to(source.device()));
  return sources;
}

}  // namespace modattr
