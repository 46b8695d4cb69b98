#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "modattr/core/tracing/case_game.h"
#include "modattr/masking/fault_maker.h"
#include "modattr/value/games/faulty_rows.h"
#include "modattr/value/model_evaluator.h"

namespace modattr {

/// A modality, as tracing of errors needs to know it.
struct TracedModality {
  std::string kind;
  /// The dataset's inputs of the modality, in its order.
  std::vector<SegmentedInput> inputs;
  std::vector<std::int64_t> special_ids = {};
  /// Tokens by id; empty = not known.
  std::vector<std::string> vocabulary = {};
};

/// Answers of a model to mixes of examples and of faulty copies of them.
class CaseGames final : public CaseGame {
 public:
  struct Parts {
    ModelEvaluator& evaluator;
    const Dataset& dataset;
    std::span<const TracedModality> modalities;
    const AnswerJudge& judge;
    Progress& progress;
  };
  /// Borrows everything for its lifetime.
  explicit CaseGames(const Parts& parts);

  std::size_t example_count() const noexcept override { return parts_.dataset.example_count(); }
  std::size_t modality_count() const noexcept override { return parts_.modalities.size(); }
  const std::string& kind(std::size_t modality) const override { return parts_.modalities[modality].kind; }
  const AnswerJudge& judge() const noexcept override { return parts_.judge; }
  std::uint64_t identity(std::size_t example) const override { return identities_[example]; }
  std::uint32_t content(std::size_t modality, std::size_t example) const override {
    return contents_.modality(modality).row_of[example];
  }
  std::size_t content_count(std::size_t modality) const override {
    return contents_.modality(modality).example_of.size();
  }
  std::string why_not(std::size_t modality, const Fault& fault) const override;
  std::uint32_t add_faulty_row(std::size_t modality, std::uint32_t example, const Fault& fault,
                               const RandomStream& stream) override;
  void clear_faulty_rows() override;
  void answer(const Queries& queries, const Receiver& receive) override;
  FloatRows statistics(std::size_t modality, std::span<const std::uint32_t> rows) override;
  FloatRows encodings(std::size_t modality, std::span<const std::uint32_t> rows) override;
  std::vector<std::vector<std::int64_t>> tokens(std::size_t modality, std::span<const std::uint32_t> rows) override;
  Progress& progress() noexcept override { return parts_.progress; }
  std::size_t thread_count() const noexcept override { return parts_.evaluator.thread_count(); }

 private:
  /// Of rows that no other row's is known to equal.
  FloatRows new_statistics(std::size_t modality, std::span<const std::uint32_t> rows) const;
  /// Rows made ready for calls; again where some have come since.
  EncodedRows& encoded();

  Parts parts_;
  const ModalityRows& contents_;
  std::vector<std::uint64_t> identities_;
  std::vector<std::unique_ptr<FaultMaker>> makers_;
  FaultyRows faulty_rows_;
  /// [modalities]: statistics of examples' data by its content.
  std::vector<std::unordered_map<std::uint32_t, std::vector<float>>> known_statistics_;
  std::optional<EncodedRows> encoded_;
  std::size_t encoded_count_ = 0;
};

}  // namespace modattr
