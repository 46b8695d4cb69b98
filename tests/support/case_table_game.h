#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "counting_progress.h"
#include "modattr/core/matrix.h"
#include "modattr/core/tracing/case_game.h"

namespace modattr {

/// What cases of a toy model are made of.
struct TableCasesParts {
  /// One number per example and modality, [examples, modalities].
  Matrix data;
  /// The output on one number per modality.
  std::function<std::vector<double>(std::span<const double> numbers)> model;
  std::shared_ptr<const AnswerJudge> judge;
  /// [modalities]; empty = "columns".
  std::vector<std::string> kinds = {};
  /// Numbers that follow from the ids; empty = a hash of the examples' places.
  std::vector<std::uint64_t> identities = {};
};

/// A toy model's answers, with no library behind it. Faults: noise adds up to its strength, scale multiplies, zero and
/// anything else make the number 0; dropout is impossible.
class TableCases final : public CaseGame {
 public:
  explicit TableCases(TableCasesParts parts);

  std::size_t example_count() const noexcept override { return parts_.data.row_count(); }
  std::size_t modality_count() const noexcept override { return parts_.data.column_count(); }
  const std::string& kind(std::size_t modality) const override { return parts_.kinds[modality]; }
  const AnswerJudge& judge() const noexcept override { return *parts_.judge; }
  std::uint64_t identity(std::size_t example) const override { return parts_.identities[example]; }
  std::uint32_t content(std::size_t modality, std::size_t example) const override {
    return contents_[modality][example];
  }
  std::size_t content_count(std::size_t modality) const override { return content_counts_[modality]; }
  std::string why_not(std::size_t, const Fault& fault) const override {
    return fault.kind == "dropout" ? "one number has no stretches" : "";
  }
  std::uint32_t add_faulty_row(std::size_t modality, std::uint32_t example, const Fault& fault,
                               const RandomStream& stream) override;
  void clear_faulty_rows() override;
  void answer(const Queries& queries, const Receiver& receive) override;
  FloatRows statistics(std::size_t modality, std::span<const std::uint32_t> rows) override;
  FloatRows encodings(std::size_t, std::span<const std::uint32_t>) override { return {}; }
  std::vector<std::vector<std::int64_t>> tokens(std::size_t modality, std::span<const std::uint32_t> rows) override;
  Progress& progress() noexcept override { return progress_; }
  std::size_t thread_count() const noexcept override { return 2; }

  /// Mixes that were answered.
  std::size_t query_count() const noexcept { return query_count_; }
  double number(std::size_t modality, std::uint32_t row) const;

 private:
  TableCasesParts parts_;
  /// [modalities][examples]
  std::vector<std::vector<std::uint32_t>> contents_;
  std::vector<std::size_t> content_counts_;
  /// [modalities][faulty rows]
  std::vector<std::vector<double>> faulty_;
  CountingProgress progress_;
  std::size_t query_count_ = 0;
};

}  // namespace modattr
