#include "modattr/value/encodings/encoding_cache.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include <ATen/Functions.h>
#include <c10/core/InferenceMode.h>

#include "modattr/core/error.h"
#include "modattr/graph/device.h"
#include "modattr/value/call_size.h"
#include "modattr/value/mixes/mixed_rows.h"
#include "modattr/value/parallel_calls.h"

namespace modattr {
namespace {

std::vector<std::int64_t> with_rows(std::size_t row_count, const at::Tensor& encoding) {
  std::vector<std::int64_t> shape = encoding.sizes().vec();
  shape.front() = static_cast<std::int64_t>(row_count);
  return shape;
}

/// Throws SplitAssumptionError when an encoding of another call has rows of another shape: copying would stretch them.
void check_row_shape(const at::Tensor& encoding, const at::Tensor& kept) {
  if (encoding.sizes().slice(1) != kept.sizes().slice(1)) {
    throw SplitAssumptionError("the shape of an encoder's answer depends on the rows of its batch");
  }
}

/// Puts the first `count` rows of a call's encodings into the rows from `first` on of `kept`.
void copy_encodings(std::span<const at::Tensor> encodings, std::span<const at::Tensor> kept, std::size_t first,
                    std::size_t count) {
  const auto first_row = static_cast<std::int64_t>(first);
  const auto row_count = static_cast<std::int64_t>(count);
  for (std::size_t place = 0; place < encodings.size(); ++place) {
    check_row_shape(encodings[place], kept[place]);
    kept[place].narrow(0, first_row, row_count).copy_(encodings[place].narrow(0, 0, row_count));
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
  std::vector<at::Tensor> encodings;
  for (std::size_t place = 0; place < calls.front().size(); ++place) {
    std::vector<at::Tensor> parts;
    for (const std::vector<at::Tensor>& call : calls) {
      check_row_shape(call[place], calls.front()[place]);
      parts.push_back(call[place]);
    }
    const at::Tensor all = parts.size() == 1 ? parts.front() : at::cat(parts, 0);
    encodings.push_back(all.narrow(0, 0, static_cast<std::int64_t>(examples.size())));
  }
  return encodings;
}

void EncodingCache::plan_memory() {
  const c10::InferenceMode inference_mode;
  std::size_t left = options_.budget_bytes;
  for (std::size_t modality = 0; modality < modalities_.size(); ++modality) {
    ModalityEncodings& entry = modalities_[modality];
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
    const ModalityEncodings& entry = modalities_[modality];
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
    ModalityEncodings& entry = modalities_[modality];
    copy_encodings(model_.encode(modality, inputs), entry.kept, first_row, examples.size());
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

SyntheticEncodings EncodingCache::encode_synthetic_rows(const SyntheticRows& rows, const SyntheticEncodings* known,
                                                        const EncodedListener& encoded) const {
  struct Call {
    std::size_t modality;
    std::size_t first;
    std::size_t count;
  };
  std::vector<Call> calls;
  SyntheticEncodings encodings(modalities_.size());
  for (std::size_t modality = 0; modality < modalities_.size(); ++modality) {
    const std::size_t row_count = modalities_[modality].rows == nullptr ? 0 : rows.count(modality);
    if (row_count == 0) continue;
    const c10::InferenceMode inference_mode;
    for (const at::Tensor& row : model_.encoding_row(modality)) {
      encodings[modality].push_back(at::empty(with_rows(row_count, row), row.options()));
    }
    std::size_t first = 0;
    if (known != nullptr && !(*known)[modality].empty()) {
      first = static_cast<std::size_t>((*known)[modality].front().size(0));
      copy_encodings((*known)[modality], encodings[modality], 0, first);
    }
    for (; first < row_count; first += options_.rows_per_call) {
      calls.push_back({modality, first, std::min(options_.rows_per_call, row_count - first)});
    }
  }
  const auto read = [&](std::size_t call) {
    const auto& [modality, first, count] = calls[call];
    std::vector<std::uint32_t> numbers(options_.rows_per_call);
    for (std::size_t row = 0; row < numbers.size(); ++row) {
      numbers[row] = static_cast<std::uint32_t>(first + std::min(row, count - 1));
    }
    std::vector<at::Tensor> inputs;
    for (const std::size_t input : modalities_[modality].inputs) {
      inputs.push_back(rows.gather(input, modality, numbers));
    }
    return inputs;
  };
  std::mutex encoded_mutex;
  read_and_run_for(calls.size(), options_.thread_count, read,
                   [&](std::size_t call, const std::vector<at::Tensor>& inputs) {
                     const c10::InferenceMode inference_mode;
                     const auto& [modality, first, count] = calls[call];
                     copy_encodings(model_.encode(modality, inputs), encodings[modality], first, count);
                     encoded_row_counts_[modality] += count;
                     if (!encoded) return;
                     const std::lock_guard lock(encoded_mutex);
                     encoded(count);
                   });
  return encodings;
}

void EncodingCache::count_synthetic_rows(const SyntheticRows& rows, const SyntheticEncodings* known) const {
  for (std::size_t modality = 0; modality < modalities_.size(); ++modality) {
    if (modalities_[modality].rows == nullptr) continue;
    std::size_t known_count = 0;
    if (known != nullptr && !(*known)[modality].empty()) {
      known_count = static_cast<std::size_t>((*known)[modality].front().size(0));
    }
    encoded_row_counts_[modality] += rows.count(modality) - known_count;
  }
}

std::size_t EncodingCache::encoded_row_count() const noexcept {
  std::size_t count = 0;
  for (const std::atomic<std::size_t>& of_modality : encoded_row_counts_) count += of_modality;
  return count;
}

bool EncodingCache::is_complete() const noexcept {
  return std::ranges::all_of(modalities_, [](const ModalityEncodings& entry) {
    return entry.rows == nullptr || entry.kept_count == entry.rows->example_of.size();
  });
}

std::vector<at::Tensor> EncodingCache::gather(std::size_t modality, std::span<const std::uint32_t> rows,
                                              const SyntheticEncodings* synthetic) const {
  if (synthetic == nullptr || (*synthetic)[modality].empty()) return gather_examples(modality, rows);
  const RowOrigins origins(rows, modalities_[modality].rows->row_of.size());
  if (origins.synthetic.empty()) return gather_examples(modality, rows);
  const c10::InferenceMode inference_mode;
  const std::vector<std::int64_t> synthetic_rows(origins.synthetic.begin(), origins.synthetic.end());
  const at::Tensor index = index_tensor(synthetic_rows);
  std::vector<at::Tensor> encodings;
  for (const at::Tensor& all : (*synthetic)[modality]) {
    encodings.push_back(all.index_select(0, to_device(index, all.device())));
  }
  if (origins.examples.empty()) return encodings;
  const std::vector<at::Tensor> examples = gather_examples(modality, origins.examples);
  for (std::size_t place = 0; place < encodings.size(); ++place) {
    encodings[place] = merge_rows(origins, examples[place], encodings[place]);
  }
  return encodings;
}

std::vector<at::Tensor> EncodingCache::gather_examples(std::size_t modality,
                                                       std::span<const std::uint32_t> examples) const {
  const c10::InferenceMode inference_mode;
  const ModalityEncodings& entry = modalities_[modality];
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
    std::vector<at::Tensor> encodings;
    for (std::size_t output = 0; output < encoded.size(); ++output) {
      check_row_shape(encoded[output], sources[output]);
      at::Tensor result = at::empty(with_rows(rows.size(), encoded[output]), encoded[output].options());
      for (std::size_t place = 0; place < rows.size(); ++place) {
        const at::Tensor source =
            places[place] >= 0 ? encoded[output].select(0, places[place]) : sources[output].select(0, rows[place]);
        result.select(0, static_cast<std::int64_t>(place)).copy_(source);
      }
      encodings.push_back(std::move(result));
    }
    return encodings;
  }
  const at::Tensor index = index_tensor(rows);
  for (at::Tensor& source : sources) source = source.index_select(0, to_device(index, source.device()));
  return sources;
}

}  // namespace modattr
