// How the evaluator comes to run a split model, and back to the whole one.

#include <algorithm>
#include <utility>

#include <ATen/Functions.h>
#include <c10/util/Exception.h>

#include "modattr/core/error.h"
#include "modattr/graph/torch_errors.h"
#include "modattr/value/batch_dependence.h"
#include "modattr/value/model_evaluator.h"
#include "modattr/value/parallel_calls.h"

namespace modattr {

namespace {

/// The inputs of some examples. Files are decoded for them, on all threads.
std::vector<at::Tensor> gather_on_threads(const Dataset& dataset, std::span<const std::uint32_t> examples,
                                          std::size_t thread_count) {
  constexpr std::size_t kExamplesAtATime = 4;
  std::vector<std::vector<at::Tensor>> pieces((examples.size() + kExamplesAtATime - 1) / kExamplesAtATime);
  parallel_model_calls(pieces.size(), thread_count, [&](std::size_t piece) {
    const std::size_t first = piece * kExamplesAtATime;
    const std::span<const std::uint32_t> own =
        examples.subspan(first, std::min(kExamplesAtATime, examples.size() - first));
    for (std::size_t input = 0; input < dataset.input_count(); ++input) {
      pieces[piece].push_back(dataset.gather(input, own));
    }
  });
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < dataset.input_count(); ++input) {
    std::vector<at::Tensor> parts;
    for (const std::vector<at::Tensor>& piece : pieces) parts.push_back(piece[input]);
    inputs.push_back(at::cat(parts, 0));
  }
  return inputs;
}

bool decodes_files(const Dataset& dataset) {
  for (std::size_t input = 0; input < dataset.input_count(); ++input) {
    if (dataset.input(input).storage->makes_rows()) return true;
  }
  return false;
}

}  // namespace

void ModelEvaluator::share_nothing() {
  forget_split();
  options_.sharing = MixSharing::kNone;
}

std::string ModelEvaluator::use_split(std::size_t cache_bytes, Progress& progress, BatchPredicates predicates,
                                      const std::function<void(bool is_row_by_row)>& when_split) {
  forget_split();
  SplitAttempt attempt = try_split(cache_bytes, progress, predicates, when_split);
  if (!attempt.reason.empty() && attempt.specialises_predicates) {
    // A row has disagreed, or what follows from the answers cannot be encoded row by row.
    attempt = try_split(cache_bytes, progress, BatchPredicates::kEvaluated, when_split);
  }
  return attempt.reason;
}

ModelEvaluator::SplitAttempt ModelEvaluator::try_split(std::size_t cache_bytes, Progress& progress,
                                                       BatchPredicates predicates,
                                                       const std::function<void(bool is_row_by_row)>& when_split) {
  std::vector<ModelInput> inputs;
  std::vector<std::vector<std::size_t>> modality_inputs(layout_.modalities.count());
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
    const std::vector<InputPart>& parts = layout_.inputs[input].parts;
    const bool whole = parts.size() == 1 && parts.front().columns.empty();
    inputs.push_back({layout_.inputs[input].name, whole ? std::optional(parts.front().modality) : std::nullopt});
    if (whole) modality_inputs[parts.front().modality].push_back(input);
  }
  // From the whole set, as neighbours are often alike.
  constexpr std::size_t kMostProbeRows = 256;
  constexpr std::size_t kFewestProbeRows = 16;
  constexpr std::size_t kProbeBytes = std::size_t{1} << 26;
  const std::size_t row_count = std::min({kMostProbeRows, dataset_.example_count(), kProbeBytes / call_row_bytes()});
  std::vector<std::uint32_t> probe(std::max(row_count, kFewestProbeRows));
  for (std::size_t row = 0; row < probe.size(); ++row) {
    probe[row] = static_cast<std::uint32_t>(row * dataset_.example_count() / probe.size());
  }
  SplitResult result = modattr::split_model(
      model_, {.inputs = std::move(inputs), .modality_count = layout_.modalities.count(), .predicates = predicates},
      decodes_files(dataset_) ? gather_on_threads(dataset_, probe, options_.thread_count) : gather_own(probe));
  const bool specialises_predicates = result.specialises_predicates;
  if (!result.model) return {result.reason, specialises_predicates};
  if (when_split) when_split(result.is_row_by_row);
  auto encodings = std::make_unique<EncodingCache>(
      *result.model, dataset_, std::move(modality_inputs), modality_rows(),
      EncodingCacheOptions{
          .rows_per_call = options_.rows_per_call, .thread_count = options_.thread_count, .budget_bytes = cache_bytes});
  try {
    encodings->fill(progress, result.prove);
  } catch (const c10::Error& error) {
    progress.finish();
    return {"its encodings cannot be kept: " + one_line_reason(error), specialises_predicates};
  } catch (const ModelError& error) {
    // The proof failed, or a row that it has not seen: the whole model answers, or fails with its own words.
    progress.finish();
    return {error.what(), specialises_predicates};
  }
  split_ = std::make_unique<Split>(Split{std::move(result.model), std::move(encodings), std::move(result.meeting)});
  return {check_split(), specialises_predicates};
}

std::string ModelEvaluator::check_split() {
  std::string reason = "its parts do not answer like the whole in calls of many rows";
  try {
    const auto split = [&](const MixedRows& rows) { return run(gather(rows, nullptr)); };
    const auto whole = [&](const MixedRows& rows) { return model_.run(input_names_, gather_inputs(rows, nullptr)); };
    if (answers_like_whole(
            whole, split,
            {dataset_.example_count(), layout_.modalities.count(), options_.rows_per_call, rows_per_call()}))
      return {};
  } catch (const ModelError& error) {
    reason = error.what();
  } catch (const c10::Error& error) {
    reason = one_line_reason(error);
  }
  forget_split();
  return reason;
}

void ModelEvaluator::forget_split() {
  split_.reset();
  ++split_number_;
  mix_table_.reset();
  rows_per_call_ = 0;
  tried_sizes_ = false;
}

void ModelEvaluator::forget_examples() {
  forget_split();
  modality_rows_.reset();
}

}  // namespace modattr
