#include "modattr/value/games/case_games.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <ATen/Functions.h>
#include <c10/core/InferenceMode.h>

#include "modattr/value/games/row_statistics.h"
#include "modattr/value/mixes/mixed_rows.h"
#include "modattr/value/parallel_calls.h"

namespace modattr {
namespace {

/// Examples that tell the range of numbers and which tokens there are.
constexpr std::size_t kSampleSize = 256;
/// Numbers of an encoding that are compared; of a larger one, means of neighbours.
constexpr std::int64_t kMostEncodingNumbers = 512;
/// Statistics of so many data of a modality are kept.
constexpr std::size_t kMostKnownStatistics = 4096;

std::vector<std::uint64_t> identities_of(const Dataset& dataset) {
  std::vector<std::uint64_t> identities;
  for (std::size_t example = 0; example < dataset.example_count(); ++example) {
    identities.push_back(identity_of(dataset.id(example)));
  }
  return identities;
}

/// The examples with the smallest identities, so that the order of the set does not matter.
std::vector<std::uint32_t> sample_of(std::span<const std::uint64_t> identities) {
  std::vector<std::uint32_t> examples(identities.size());
  std::iota(examples.begin(), examples.end(), 0U);
  std::ranges::sort(examples, {}, [&](std::uint32_t example) { return identities[example]; });
  examples.resize(std::min(examples.size(), kSampleSize));
  return examples;
}

/// [rows, numbers], at most kMostEncodingNumbers of them.
at::Tensor short_encoding(const at::Tensor& encoding) {
  const at::Tensor raw = encoding.to(at::kCPU).to(at::kFloat).reshape({encoding.size(0), -1});
  const at::Tensor numbers = at::where(raw.isfinite(), raw, at::zeros({}, at::kFloat));
  if (numbers.size(1) <= kMostEncodingNumbers) return numbers.contiguous();
  return at::adaptive_avg_pool1d(numbers.unsqueeze(1), {kMostEncodingNumbers}).squeeze(1).contiguous();
}

void append_rows(const FloatRows& part, FloatRows& rows) {
  rows.width = part.width;
  rows.values.insert(rows.values.end(), part.values.begin(), part.values.end());
}

/// Some of a list of queries.
class QueryPart {
 public:
  explicit QueryPart(std::size_t modality_count) : rows_(modality_count) {}

  void add(const CaseGame::Queries& queries, std::size_t query) {
    places_.push_back(query);
    examples_.push_back(queries.examples[query]);
    for (std::size_t modality = 0; modality < rows_.size(); ++modality) {
      rows_[modality].push_back(queries.rows[modality][query]);
    }
  }

  /// `evaluate` answers a list of mixes.
  template <typename Evaluate>
  void answer(const CaseGame::Receiver& receive, const Evaluate& evaluate) const {
    if (places_.empty()) return;
    const std::vector<std::span<const std::uint32_t>> rows(rows_.begin(), rows_.end());
    const Mix mix{.present = Coalition(rows_.size()), .donors = {}, .baselines = rows};
    evaluate(MixList{std::span(&mix, 1), examples_},
             [&](std::size_t, std::size_t query, std::span<const double> output) { receive(places_[query], output); });
  }

 private:
  std::vector<std::size_t> places_;
  std::vector<std::uint32_t> examples_;
  /// [modalities] of [queries]
  std::vector<std::vector<std::uint32_t>> rows_;
};

}  // namespace

CaseGames::CaseGames(const Parts& parts)
    : parts_(parts),
      contents_(parts.evaluator.modality_rows()),
      identities_(identities_of(parts.dataset)),
      faulty_rows_(makers_) {
  const std::vector<std::uint32_t> sample = sample_of(identities_);
  for (const TracedModality& modality : parts_.modalities) {
    makers_.push_back(make_fault_maker({.kind = modality.kind,
                                        .special_ids = modality.special_ids,
                                        .vocabulary = modality.vocabulary,
                                        .sample = sample},
                                       parts_.dataset, modality.inputs));
  }
  faulty_rows_.resize(makers_.size());
  known_statistics_.resize(makers_.size());
}

std::string CaseGames::why_not(std::size_t modality, const Fault& fault) const {
  return fault.kind == kSwap ? std::string() : makers_[modality]->why_not(fault);
}

std::uint32_t CaseGames::add_faulty_row(std::size_t modality, std::uint32_t example, const Fault& fault,
                                        const RandomStream& stream) {
  const std::uint32_t number = faulty_rows_.add(modality, {example, fault, stream});
  return static_cast<std::uint32_t>(example_count()) + number;
}

void CaseGames::clear_faulty_rows() {
  faulty_rows_.clear();
  encoded_.reset();
}

EncodedRows& CaseGames::encoded() {
  std::size_t count = 0;
  for (std::size_t modality = 0; modality < modality_count(); ++modality) count += faulty_rows_.count(modality);
  if (!encoded_ || count != encoded_count_) {
    EncodedRows next = parts_.evaluator.encode(faulty_rows_, encoded_ ? &*encoded_ : nullptr);
    encoded_.reset();
    encoded_.emplace(std::move(next));
    encoded_count_ = count;
  }
  return *encoded_;
}

void CaseGames::answer(const Queries& queries, const Receiver& receive) {
  // Mixes of examples are known for longer than those of faulty rows.
  QueryPart of_examples(modality_count());
  QueryPart of_faulty_rows(modality_count());
  for (std::size_t query = 0; query < queries.examples.size(); ++query) {
    const bool is_faulty = std::ranges::any_of(
        queries.rows, [&](std::span<const std::uint32_t> rows) { return rows[query] >= example_count(); });
    (is_faulty ? of_faulty_rows : of_examples).add(queries, query);
  }
  of_examples.answer(receive, [&](const MixList& list, const ModelEvaluator::Receiver& receive_mix) {
    parts_.evaluator.evaluate(list, receive_mix, parts_.progress);
  });
  of_faulty_rows.answer(receive, [&](const MixList& list, const ModelEvaluator::Receiver& receive_mix) {
    parts_.evaluator.evaluate(list, encoded(), receive_mix, parts_.progress);
  });
}

FloatRows CaseGames::statistics(std::size_t modality, std::span<const std::uint32_t> rows) {
  if (kind(modality) == "tokens" || rows.empty()) return {};
  auto& known = known_statistics_[modality];
  // The same pictures are looked at as what is normal and as cases, again and again.
  std::vector<std::uint32_t> fresh;
  for (const std::uint32_t row : rows) {
    if (row >= example_count() || !known.contains(content(modality, row))) fresh.push_back(row);
  }
  const FloatRows made = new_statistics(modality, fresh);
  FloatRows result{.width = fresh.empty() ? known.begin()->second.size() : made.width, .values = {}};
  std::size_t next = 0;
  for (const std::uint32_t row : rows) {
    const bool is_fresh = next < fresh.size() && fresh[next] == row;
    const std::span<const float> numbers =
        is_fresh ? made.row(next) : std::span<const float>(known.at(content(modality, row)));
    result.values.insert(result.values.end(), numbers.begin(), numbers.end());
    if (is_fresh) ++next;
  }
  for (std::size_t place = 0; place < fresh.size() && known.size() < kMostKnownStatistics; ++place) {
    if (fresh[place] >= example_count()) continue;
    known.try_emplace(content(modality, fresh[place]), made.row(place).begin(), made.row(place).end());
  }
  return result;
}

FloatRows CaseGames::new_statistics(std::size_t modality, std::span<const std::uint32_t> rows) const {
  const std::size_t example_count = this->example_count();
  constexpr std::size_t kPiece = 64;
  std::vector<FloatRows> pieces((rows.size() + kPiece - 1) / kPiece);
  parallel_model_calls(pieces.size(), thread_count(), [&](std::size_t piece) {
    const c10::InferenceMode inference_mode;
    const std::span<const std::uint32_t> own =
        rows.subspan(piece * kPiece, std::min(kPiece, rows.size() - piece * kPiece));
    for (const SegmentedInput& input : parts_.modalities[modality].inputs) {
      const RowOrigins origins(own, example_count);
      at::Tensor data;
      if (origins.synthetic.empty()) {
        data = parts_.dataset.gather(input.input, own);
      } else if (origins.examples.empty()) {
        data = faulty_rows_.gather(input.input, modality, origins.synthetic);
      } else {
        data = merge_rows(origins, parts_.dataset.gather(input.input, origins.examples),
                          faulty_rows_.gather(input.input, modality, origins.synthetic));
      }
      if (!input.columns.empty()) {
        std::vector<at::Tensor> columns;
        for (const auto& range : input.columns) columns.push_back(data.narrow(1, range[0], range[1] - range[0]));
        data = at::cat(columns, 1);
      }
      pieces[piece] = joined_columns(pieces[piece], row_statistics(data));
    }
  });
  FloatRows result;
  for (const FloatRows& piece : pieces) append_rows(piece, result);
  return result;
}

FloatRows CaseGames::encodings(std::size_t modality, std::span<const std::uint32_t> rows) {
  const SplitModel* const split = parts_.evaluator.split_model();
  if (split == nullptr || split->encoding_count(modality) == 0 || rows.empty()) return {};
  const c10::InferenceMode inference_mode;
  FloatRows result;
  for (const at::Tensor& encoding : parts_.evaluator.encodings(modality, rows, encoded())) {
    if (!encoding.is_floating_point()) continue;
    const at::Tensor numbers = short_encoding(encoding);
    const auto* const first = numbers.data_ptr<float>();
    result = joined_columns(
        result, {.width = static_cast<std::size_t>(numbers.size(1)), .values = {first, first + numbers.numel()}});
  }
  return result;
}

std::vector<std::vector<std::int64_t>> CaseGames::tokens(std::size_t modality, std::span<const std::uint32_t> rows) {
  std::vector<std::vector<std::int64_t>> texts;
  for (const std::uint32_t row : rows) {
    const bool is_example = row < example_count();
    texts.push_back(is_example ? makers_[modality]->tokens(row)
                               : makers_[modality]->tokens(
                                     faulty_rows_.draw(modality, row - static_cast<std::uint32_t>(example_count()))));
  }
  return texts;
}

}  // namespace modattr
