#include "modattr/value/model_evaluator.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/stats/masked_logit.h"
#include "modattr/value/not_finite.h"
#include "modattr/value/parallel_calls.h"

namespace modattr {
namespace {

/// (mix, example) pairs that are planned at a time.
constexpr std::size_t kPlacesPerPlan = std::size_t{1} << 16;

bool is_answer(std::span<const double> output, MaskedLogits masked) {
  const auto is_finite = [](double value) { return std::isfinite(value); };
  if (std::ranges::all_of(output, is_finite)) return true;
  return masked == MaskedLogits::kAllowed && std::ranges::any_of(output, is_finite) &&
         std::ranges::all_of(output, [&](double value) { return is_finite(value) || is_masked(value); });
}

}  // namespace

ModelEvaluator::ModelEvaluator(const Model& model, const Dataset& dataset, const InputLayout& layout,
                               EvaluatorOptions options)
    : model_(model), dataset_(dataset), layout_(layout), input_names_(layout.input_names()), options_(options) {}

EncodedRows ModelEvaluator::encode(const SyntheticRows& rows, const EncodedRows* known,
                                   const EncodingCache::EncodedListener& encoded) {
  if (known != nullptr) check(*known);
  EncodedRows result(*this, split_number_, rows);
  for (std::size_t modality = 0; modality < layout_.modalities.count(); ++modality) {
    result.counts_.push_back(rows.count(modality));
  }
  if (split_) {
    const SyntheticEncodings* known_encodings = known == nullptr ? nullptr : &known->encodings_;
    result.encodings_ = split_->encodings->encode_synthetic_rows(rows, known_encodings, encoded);
  }
  return result;
}

EncodedRows ModelEvaluator::encode_for_next(const SyntheticRows& rows, const EncodedRows* known, std::size_t row_count,
                                            const EncodingCache::EncodedListener& encoded) {
  if (options_.journal == nullptr || !options_.journal->knows_next_list(row_count)) {
    return encode(rows, known, encoded);
  }
  EncodedRows result(*this, split_number_, rows);
  for (std::size_t modality = 0; modality < layout_.modalities.count(); ++modality) {
    result.counts_.push_back(rows.count(modality));
  }
  if (split_) split_->encodings->count_synthetic_rows(rows, known == nullptr ? nullptr : &known->encodings_);
  return result;
}

void ModelEvaluator::check(const EncodedRows& rows) const {
  if (rows.evaluator_ != this || rows.split_number_ != split_number_) {
    throw std::logic_error("synthetic rows have not been encoded for this split of the model");
  }
}

std::vector<std::uint32_t> ModelEvaluator::all_examples() const {
  std::vector<std::uint32_t> examples(dataset_.example_count());
  std::iota(examples.begin(), examples.end(), 0u);
  return examples;
}

void ModelEvaluator::evaluate(const MixList& list, const Receiver& receive, Progress& progress) {
  evaluate(list, nullptr, receive, progress, NotFinite::kThrow);
}

void ModelEvaluator::evaluate(const MixList& list, EncodedRows& rows, const Receiver& receive, Progress& progress) {
  evaluate(list, &rows, receive, progress, NotFinite::kThrow);
}

void ModelEvaluator::evaluate(std::span<const Mix> mixes, const Receiver& receive, Progress& progress) {
  evaluate({mixes, all_examples()}, nullptr, receive, progress, NotFinite::kThrow);
}

void ModelEvaluator::evaluate(std::span<const Mix> mixes, EncodedRows& rows, const Receiver& receive,
                              Progress& progress) {
  evaluate({mixes, all_examples()}, &rows, receive, progress, NotFinite::kThrow);
}

void ModelEvaluator::evaluate_rows(const RowWork& work, Progress& progress) {
  run_rows(work, [&](std::size_t, std::size_t count) { progress.advance(count); });
}

std::vector<std::uint32_t> ModelEvaluator::finite_examples(Progress& progress, const OutputTest& test) {
  std::vector<std::uint32_t> examples = all_examples();
  const Mix untouched{Coalition::full(layout_.modalities.count()), examples};
  // Bytes, not bits: threads write neighbours.
  std::vector<unsigned char> finite(examples.size(), 0);
  progress.begin("check", examples.size());
  evaluate(
      {std::span(&untouched, 1), examples}, nullptr,
      [&](std::size_t, std::size_t example, std::span<const double> output) {
        finite[example] = is_answer(output, options_.masked_logits) && (!test || test(example, output));
      },
      progress, NotFinite::kPass);
  progress.finish();
  if (mix_table_) mix_table_->forget();
  std::erase_if(examples, [&](std::uint32_t example) { return finite[example] == 0; });
  return examples;
}

void ModelEvaluator::evaluate(const MixList& list, EncodedRows* rows, const Receiver& receive, Progress& progress,
                              NotFinite not_finite) {
  if (rows != nullptr) check(*rows);
  const std::size_t example_count = list.examples.size();
  const std::size_t place_count = list.place_count();
  MixTable* const table = options_.sharing == MixSharing::kNone ? nullptr : &mix_table(rows);
  for (std::size_t first = 0; first < place_count; first += kPlacesPerPlan) {
    const PlaceRange range{first, std::min(kPlacesPerPlan, place_count - first)};
    MixPlan plan;
    const RowWriter write = [&](std::size_t group, MixedRows& mixed, std::size_t row) {
      const std::size_t place = plan.group(group).front();
      const Mix& mix = list.mixes[place / example_count];
      const std::size_t entry = place % example_count;
      mixed.own[row] = list.examples[entry];
      for (std::size_t modality = 0; modality < mixed.by_modality.size(); ++modality) {
        mixed.by_modality[modality][row] =
            mix.present.contains(modality) ? mixed.own[row] : mix.absent_row(modality, entry);
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
      run_rows({.row_count = plan.group_count(), .write = write, .receive = deliver, .rows = rows}, done, not_finite);
    } catch (...) {
      if (table != nullptr) table->forget();
      throw;
    }
    if (plan.known.empty()) continue;
    deliver_known(plan, *table, list.examples, receive);
    progress.advance(plan.known.size());
  }
}

void ModelEvaluator::deliver_known(const MixPlan& plan, MixTable& table, std::span<const std::uint32_t> examples,
                                   const Receiver& receive) {
  constexpr std::size_t kPiece = std::size_t{1} << 14;
  parallel_model_calls((plan.known.size() + kPiece - 1) / kPiece, options_.thread_count, [&](std::size_t piece) {
    const std::size_t first = piece * kPiece;
    for (const MixPlan::Known& known :
         std::span(plan.known).subspan(first, std::min(kPiece, plan.known.size() - first))) {
      const std::size_t entry = known.place % examples.size();
      try {
        receive(known.place / examples.size(), entry, table.output(known.output));
      } catch (const MaskedLogitError& error) {
        throw MaskedLogitError(model_.path() + ": output for example " + dataset_.id(examples[entry]) + ": " +
                               error.what());
      }
    }
  });
}

void ModelEvaluator::run_rows(const RowWork& work, const CallListener& done, NotFinite not_finite) {
  if (work.rows != nullptr) check(*work.rows);
  if (work.row_count == 0) return;
  speed_calls_up(work.row_count);
  const std::size_t call_size = rows_per_call();
  CallJournal* const journal = options_.journal;
  const std::uint64_t list = journal == nullptr ? 0 : journal->begin_list(work.row_count);
  struct Call {
    MixedRows rows;
    CallInput input;
    /// Outputs that an interrupted run has left; empty = none.
    std::vector<double> known;
  };
  // Rows that are encoded again for want of memory are no reading.
  const bool reads_ahead = !split_ || split_->encodings->is_complete();
  const auto prepare = [&](std::size_t call) {
    MixedRows rows(layout_.modalities.count(), call_size);
    for (std::size_t row = 0; row < call_size; ++row) {
      work.write(std::min(call * call_size + row, work.row_count - 1), rows, row);
    }
    const std::size_t first = call * call_size;
    std::vector<double> known;
    if (journal != nullptr) known = journal->find(list, first, std::min(call_size, work.row_count - first));
    CallInput input = reads_ahead && known.empty() ? gather(rows, work.rows) : CallInput{};
    return Call{std::move(rows), std::move(input), std::move(known)};
  };
  std::mutex done_mutex;
  const auto answer = [&](std::size_t call, const Call& prepared) {
    const std::size_t first = call * call_size;
    const std::size_t count = std::min(call_size, work.row_count - first);
    at::Tensor outputs;
    if (prepared.known.empty()) outputs = run(reads_ahead ? prepared.input : gather(prepared.rows, work.rows));
    const std::size_t width =
        outputs.defined() ? static_cast<std::size_t>(outputs.size(1)) : prepared.known.size() / count;
    if (output_width_ != 0 && width != output_width_) {
      throw ModelError(model_.path() + ": output: expected rows of " + std::to_string(output_width_) +
                       " like those before, got " + std::to_string(width));
    }
    const std::span<const double> values =
        outputs.defined()
            ? std::span<const double>(outputs.data_ptr<double>(), static_cast<std::size_t>(outputs.numel()))
            : std::span<const double>(prepared.known);
    for (std::size_t row = 0; row < count; ++row) {
      const std::span<const double> output = values.subspan(row * width, width);
      const CallContext context{model_.path(), dataset_, layout_};
      if (not_finite == NotFinite::kThrow && !is_answer(output, options_.masked_logits))
        throw_not_finite(context, prepared.rows, row, output);
      try {
        work.receive(first + row, output);
      } catch (const MaskedLogitError& error) {
        throw MaskedLogitError(output_of(context, prepared.rows, row) + ": " + error.what());
      }
    }
    if (journal != nullptr && outputs.defined()) journal->add(list, first, count, values.first(count * width));
    const std::lock_guard lock(done_mutex);
    done(first, count);
  };
  const std::size_t call_count = (work.row_count + call_size - 1) / call_size;
  // Gathering cached encodings is no reading: another thread would only be in the way.
  const bool reads = !split_ || !split_->model->raw_inputs().empty();
  if (reads && reads_ahead) {
    read_and_run_for(call_count, options_.thread_count, prepare, answer);
  } else {
    parallel_model_calls(call_count, options_.thread_count, [&](std::size_t call) { answer(call, prepare(call)); });
  }
  evaluation_count_ += work.row_count;
}

ModelEvaluator::CallInput ModelEvaluator::gather(const MixedRows& rows, const EncodedRows* encoded) const {
  if (!split_) return {.encodings = {}, .inputs = gather_inputs(rows, encoded)};
  CallInput call;
  for (std::size_t modality = 0; modality < rows.by_modality.size(); ++modality) {
    if (split_->model->encoding_count(modality) == 0) continue;
    std::vector<at::Tensor> gathered = split_->encodings->gather(modality, rows.by_modality[modality],
                                                                 encoded == nullptr ? nullptr : &encoded->encodings_);
    std::ranges::move(gathered, std::back_inserter(call.encodings));
  }
  for (const std::size_t input : split_->model->raw_inputs()) {
    call.inputs.push_back(gather_input(dataset_, layout_, input, rows, encoded == nullptr ? nullptr : encoded->rows_));
  }
  return call;
}

std::vector<at::Tensor> ModelEvaluator::gather_inputs(const MixedRows& rows, const EncodedRows* encoded) const {
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
    inputs.push_back(gather_input(dataset_, layout_, input, rows, encoded == nullptr ? nullptr : encoded->rows_));
  }
  return inputs;
}

std::vector<at::Tensor> ModelEvaluator::gather_own(std::span<const std::uint32_t> examples) const {
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
    inputs.push_back(dataset_.gather(input, examples));
  }
  return inputs;
}

std::vector<at::Tensor> ModelEvaluator::encodings(std::size_t modality, std::span<const std::uint32_t> numbers,
                                                  const EncodedRows& rows) const {
  check(rows);
  return split_->encodings->gather(modality, numbers, &rows.encodings_);
}

at::Tensor ModelEvaluator::run(const CallInput& input) const {
  return split_ ? split_->model->fuse(input.encodings, input.inputs) : model_.run(input_names_, input.inputs);
}

const ModalityRows& ModelEvaluator::modality_rows() {
  if (!modality_rows_) modality_rows_ = std::make_unique<ModalityRows>(dataset_, layout_);
  return *modality_rows_;
}

MixTable& ModelEvaluator::mix_table(EncodedRows* rows) {
  // Without synthetic rows all mixes are mixes of examples.
  if (rows != nullptr && std::ranges::all_of(rows->counts_, [](std::size_t count) { return count == 0; })) {
    rows = nullptr;
  }
  std::unique_ptr<MixTable>& table = rows == nullptr ? mix_table_ : rows->mix_table_;
  if (!table) {
    RowNumbers numbers(modality_rows(), rows == nullptr ? std::vector<std::size_t>{} : rows->counts_);
    table = std::make_unique<MixTable>(std::move(numbers), layout_.modalities.count(), output_width());
  }
  return *table;
}

}  // namespace modattr
