#include "modattr/value/model_evaluator.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <mutex>
#include <numeric>
#include <utility>

#include <c10/util/Exception.h>

#include "modattr/core/error.h"
#include "modattr/graph/torch_errors.h"
#include "modattr/value/batch_dependence.h"
#include "modattr/value/call_size.h"
#include "modattr/value/not_finite.h"
#include "modattr/value/parallel_calls.h"

namespace modattr {
namespace {

/// (mix, example) pairs that are planned at a time.
constexpr std::size_t kPlacesPerPlan = std::size_t{1} << 16;

bool is_finite(std::span<const double> output) {
  return std::ranges::all_of(output, [](double value) { return std::isfinite(value); });
}

}  // namespace

ModelEvaluator::ModelEvaluator(const Model& model, const Dataset& dataset, const InputLayout& layout,
                               EvaluatorOptions options)
    : model_(model), dataset_(dataset), layout_(layout), input_names_(layout.input_names()), options_(options) {}

void ModelEvaluator::evaluate(const MixList& list, const Receiver& receive, Progress& progress) {
  evaluate(list, receive, progress, NotFinite::kThrow);
}

void ModelEvaluator::evaluate(std::span<const Mix> mixes, const Receiver& receive, Progress& progress) {
  std::vector<std::uint32_t> examples(dataset_.example_count());
  std::iota(examples.begin(), examples.end(), 0u);
  evaluate({mixes, examples}, receive, progress, NotFinite::kThrow);
}

void ModelEvaluator::evaluate_rows(std::size_t row_count, const RowWriter& write, const RowReceiver& receive,
                                   Progress& progress) {
  const CallListener done = [&](std::size_t, std::size_t count) { progress.advance(count); };
  run_rows({.row_count = row_count, .write = write, .receive = receive, .done = done});
}

std::vector<std::uint32_t> ModelEvaluator::finite_examples(Progress& progress) {
  std::vector<std::uint32_t> examples(dataset_.example_count());
  std::iota(examples.begin(), examples.end(), 0u);
  const Mix untouched{Coalition::full(layout_.modalities.count()), examples};
  // Bytes, not bits: threads write neighbours.
  std::vector<unsigned char> finite(examples.size(), 0);
  progress.begin("check", examples.size());
  evaluate(
      {std::span(&untouched, 1), examples},
      [&](std::size_t, std::size_t example, std::span<const double> output) { finite[example] = is_finite(output); },
      progress, NotFinite::kPass);
  progress.finish();
  if (mix_table_) mix_table_->forget();
  std::erase_if(examples, [&](std::uint32_t example) { return finite[example] == 0; });
  return examples;
}

void ModelEvaluator::evaluate(const MixList& list, const Receiver& receive, Progress& progress, NotFinite not_finite) {
  const std::size_t example_count = list.examples.size();
  const std::size_t place_count = list.place_count();
  MixTable* const table = options_.sharing == MixSharing::kNone ? nullptr : &mix_table();
  for (std::size_t first = 0; first < place_count; first += kPlacesPerPlan) {
    const PlaceRange range{first, std::min(kPlacesPerPlan, place_count - first)};
    MixPlan plan;
    const RowWriter write = [&](std::size_t group, MixedRows& rows, std::size_t row) {
      const std::size_t place = plan.group(group).front();
      const Mix& mix = list.mixes[place / example_count];
      const std::size_t entry = place % example_count;
      rows.own[row] = list.examples[entry];
      for (std::size_t modality = 0; modality < rows.by_modality.size(); ++modality) {
        rows.by_modality[modality][row] =
            mix.present.contains(modality) ? rows.own[row] : mix.absent_row(modality, entry);
      }
    };
    const RowReceiver deliver = [&](std::size_t group, std::span<const double> output) {
      if (table != nullptr && table->remembers()) {
        std::ranges::copy(output, table->output(plan.first_output + group).begin());
      }
      for (const std::size_t place : plan.group(group)) receive(place / example_count, place % example_count, output);
    };
    const CallListener done = [&](std::size_t group, std::size_t count) {
      progress.advance(plan.group_starts[group + count] - plan.group_starts[group]);
    };
    try {
      plan = table == nullptr ? MixPlan::one_by_one(range) : table->plan(list, range);
      run_rows({.row_count = plan.group_count(),
                .write = write,
                .receive = deliver,
                .done = done,
                .not_finite = not_finite});
    } catch (...) {
      if (table != nullptr) table->forget();
      throw;
    }
    deliver_known(plan, example_count, receive);
    if (!plan.known.empty()) progress.advance(plan.known.size());
  }
}

void ModelEvaluator::deliver_known(const MixPlan& plan, std::size_t example_count, const Receiver& receive) {
  constexpr std::size_t kPiece = std::size_t{1} << 14;
  parallel_model_calls((plan.known.size() + kPiece - 1) / kPiece, options_.thread_count, [&](std::size_t piece) {
    const std::size_t first = piece * kPiece;
    for (const MixPlan::Known& known :
         std::span(plan.known).subspan(first, std::min(kPiece, plan.known.size() - first))) {
      receive(known.place / example_count, known.place % example_count, mix_table_->output(known.output));
    }
  });
}

void ModelEvaluator::run_rows(const RowWork& work) {
  if (work.row_count == 0) return;
  speed_calls_up(work.row_count);
  const std::size_t call_size = rows_per_call();
  struct Call {
    MixedRows rows;
    CallInput input;
  };
  // Rows that are encoded again for want of memory are no reading.
  const bool reads_ahead = !split_ || split_->features->is_complete();
  const auto prepare = [&](std::size_t call) {
    MixedRows rows(layout_.modalities.count(), call_size);
    for (std::size_t row = 0; row < call_size; ++row) {
      work.write(std::min(call * call_size + row, work.row_count - 1), rows, row);
    }
    CallInput input = reads_ahead ? gather(rows) : CallInput{};
    return Call{std::move(rows), std::move(input)};
  };
  std::mutex done_mutex;
  const auto answer = [&](std::size_t call, const Call& prepared) {
    const at::Tensor outputs = run(reads_ahead ? prepared.input : gather(prepared.rows));
    const auto width = static_cast<std::size_t>(outputs.size(1));
    if (output_width_ != 0 && width != output_width_) {
      throw ModelError(model_.path() + ": output: expected rows of " + std::to_string(output_width_) +
                       " like those before, got " + std::to_string(width));
    }
    const std::span<const double> values(outputs.data_ptr<double>(), static_cast<std::size_t>(outputs.numel()));
    const std::size_t first = call * call_size;
    const std::size_t count = std::min(call_size, work.row_count - first);
    for (std::size_t row = 0; row < count; ++row) {
      const std::span<const double> output = values.subspan(row * width, width);
      if (work.not_finite == NotFinite::kThrow && !is_finite(output))
        throw_not_finite({model_.path(), dataset_, layout_}, prepared.rows, row, output);
      work.receive(first + row, output);
    }
    const std::lock_guard lock(done_mutex);
    work.done(first, count);
  };
  const std::size_t call_count = (work.row_count + call_size - 1) / call_size;
  // Gathering cached features is no reading: another thread would only be in the way.
  const bool reads = !split_ || !split_->model->raw_inputs().empty();
  if (reads && reads_ahead) {
    read_and_run_for(call_count, options_.thread_count, prepare, answer);
  } else {
    parallel_model_calls(call_count, options_.thread_count, [&](std::size_t call) { answer(call, prepare(call)); });
  }
  evaluation_count_ += work.row_count;
}

ModelEvaluator::CallInput ModelEvaluator::gather(const MixedRows& rows) const {
  if (!split_) return {.features = {}, .inputs = gather_inputs(rows)};
  CallInput call;
  for (std::size_t modality = 0; modality < rows.by_modality.size(); ++modality) {
    if (split_->model->encoding_count(modality) == 0) continue;
    std::vector<at::Tensor> gathered = split_->features->gather(modality, rows.by_modality[modality]);
    std::ranges::move(gathered, std::back_inserter(call.features));
  }
  for (const std::size_t input : split_->model->raw_inputs()) {
    call.inputs.push_back(gather_input(dataset_, layout_, input, rows, made_));
  }
  return call;
}

std::vector<at::Tensor> ModelEvaluator::gather_inputs(const MixedRows& rows) const {
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
    inputs.push_back(gather_input(dataset_, layout_, input, rows, made_));
  }
  return inputs;
}

at::Tensor ModelEvaluator::run(const CallInput& input) const {
  return split_ ? split_->model->fuse(input.features, input.inputs) : model_.run(input_names_, input.inputs);
}

MixedRows ModelEvaluator::probe_rows(std::size_t first, std::size_t count) const {
  MixedRows rows(layout_.modalities.count(), count);
  for (std::size_t row = 0; row < count; ++row) {
    const std::size_t example = first + row;
    rows.own[row] = static_cast<std::uint32_t>(example % dataset_.example_count());
    for (std::size_t modality = 0; modality < rows.by_modality.size(); ++modality) {
      rows.by_modality[modality][row] =
          static_cast<std::uint32_t>((example * (modality + 1)) % dataset_.example_count());
    }
  }
  return rows;
}

void ModelEvaluator::share_nothing() {
  forget_examples();
  options_.sharing = MixSharing::kNone;
}

std::string ModelEvaluator::use_split(std::size_t cache_bytes, Progress& progress,
                                      const std::function<void(bool is_row_by_row)>& when_cut) {
  CutAttempt attempt = cut(cache_bytes, progress, options_.questions, when_cut);
  if (!attempt.reason.empty() && attempt.specialises_predicates) {
    // A row has disagreed, or what follows from the answers cannot be encoded row by row.
    attempt = cut(cache_bytes, progress, BatchPredicates::kEvaluated, when_cut);
  }
  return attempt.reason;
}

ModelEvaluator::CutAttempt ModelEvaluator::cut(std::size_t cache_bytes, Progress& progress, BatchPredicates questions,
                                               const std::function<void(bool is_row_by_row)>& when_cut) {
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
      model_, {.inputs = std::move(inputs), .modality_count = layout_.modalities.count(), .predicates = questions},
      gather_own(probe));
  const bool specialises_predicates = result.specialises_predicates;
  if (!result.model) return {result.reason, specialises_predicates};
  if (when_cut) when_cut(result.is_row_by_row);
  auto features = std::make_unique<EncodingCache>(
      *result.model, dataset_, std::move(modality_inputs), modality_rows(),
      EncodingCacheOptions{
          .rows_per_call = options_.rows_per_call, .thread_count = options_.thread_count, .budget_bytes = cache_bytes});
  try {
    features->fill(progress, result.prove);
    if (made_ != nullptr) features->encode_synthetic_rows(made_);
  } catch (const c10::Error& error) {
    progress.finish();
    return {"its features cannot be kept: " + one_line_reason(error), specialises_predicates};
  } catch (const ModelError& error) {
    // The proof failed, or a row that it has not seen: the whole model answers, or fails with its own words.
    progress.finish();
    return {error.what(), specialises_predicates};
  }
  split_ = std::make_unique<Split>(Split{std::move(result.model), std::move(features), std::move(result.meeting)});
  rows_per_call_ = 0;
  tried_sizes_ = false;
  if (mix_table_) mix_table_->forget();
  return {check_split(), specialises_predicates};
}

std::string ModelEvaluator::check_split() {
  std::string reason = "its parts do not answer like the whole in calls of many rows";
  try {
    const auto cut = [&](const MixedRows& rows) { return run(gather(rows)); };
    const auto whole = [&](const MixedRows& rows) { return model_.run(input_names_, gather_inputs(rows)); };
    if (answers_like_whole(
            whole, cut,
            {dataset_.example_count(), layout_.modalities.count(), options_.rows_per_call, rows_per_call()}))
      return {};
  } catch (const ModelError& error) {
    reason = error.what();
  } catch (const c10::Error& error) {
    reason = one_line_reason(error);
  }
  split_.reset();
  rows_per_call_ = 0;
  return reason;
}

void ModelEvaluator::use_synthetic_rows(const SyntheticRows* made, std::span<const std::size_t> unchanged,
                                        const std::function<void(std::size_t row_count)>& encoded) {
  made_ = made;
  std::vector<std::size_t> counts(layout_.modalities.count(), 0);
  for (std::size_t modality = 0; made != nullptr && modality < counts.size(); ++modality) {
    counts[modality] = made->count(modality);
  }
  modality_rows();
  modality_rows_->set_synthetic_counts(std::move(counts));
  mix_table_.reset();
  if (split_) split_->features->encode_synthetic_rows(made, unchanged, encoded);
}

void ModelEvaluator::forget_examples() {
  made_ = nullptr;
  split_.reset();
  mix_table_.reset();
  modality_rows_.reset();
  rows_per_call_ = 0;
  tried_sizes_ = false;
}

const ModalityRows& ModelEvaluator::modality_rows() {
  if (!modality_rows_) modality_rows_ = std::make_unique<ModalityRows>(dataset_, layout_);
  return *modality_rows_;
}

MixTable& ModelEvaluator::mix_table() {
  if (!mix_table_) {
    mix_table_ = std::make_unique<MixTable>(modality_rows(), layout_.modalities.count(), output_width());
  }
  return *mix_table_;
}

std::vector<at::Tensor> ModelEvaluator::gather_own(std::span<const std::uint32_t> examples) const {
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
    inputs.push_back(dataset_.gather(input, examples));
  }
  return inputs;
}

std::size_t ModelEvaluator::output_width() {
  if (output_width_ != 0) return output_width_;
  const auto width_of_rows = [&](std::size_t row_count) {
    std::vector<std::uint32_t> examples(row_count);
    for (std::size_t row = 0; row < row_count; ++row) {
      examples[row] = static_cast<std::uint32_t>(std::min(row, dataset_.example_count() - 1));
    }
    return static_cast<std::size_t>(model_.run(input_names_, gather_own(examples)).size(1));
  };
  // Seldom one that a model is traced for.
  constexpr std::size_t kFewRows = 3;
  try {
    output_width_ = width_of_rows(std::min(kFewRows, options_.rows_per_call));
    return output_width_;
  } catch (const ModelError&) {
    // A model traced for one batch size, or one that fails.
  }
  try {
    output_width_ = width_of_rows(options_.rows_per_call);
  } catch (const ModelError& error) {
    // Copies of one row tell a number of rows that the model does not take from data that it does not.
    const auto width_of_copies = [&](std::size_t row_count) {
      return static_cast<std::size_t>(
          model_.run(input_names_, gather_own(std::vector<std::uint32_t>(row_count, 0))).size(1));
    };
    const std::optional<std::size_t> row_count = working_row_count(width_of_copies);
    if (!row_count || works(width_of_copies, options_.rows_per_call)) throw;
    throw ConfigError("model.rows_per_call: expected " + std::to_string(*row_count) + ", a number of rows that " +
                      model_.path() + " answers for, got " + std::to_string(options_.rows_per_call) + ": " +
                      error.what());
  }
  return output_width_;
}

}  // namespace modattr
