#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/tracing/case_game.h"
#include "modattr/engines/trace/reference_set.h"
#include "modattr/engines/trace/traced_case.h"
#include "modattr/engines/trace/typicality.h"

namespace modattr {

/// What is normal in one modality: the data of right answers, what its encoder makes of it, and the answers it brings
/// among donors' data. Of texts every example is an entry, of other data every different one.
class NormalData {
 public:
  /// Asks the model for behaviours with these donors; none = behaviours are not compared. Borrows game and reference.
  NormalData(CaseGame& game, const ReferenceSet& reference, std::size_t modality,
             std::span<const std::uint32_t> donors);

  /// What can be seen of rows of the modality without asking for answers.
  struct Seen {
    /// [rows, any]
    FloatRows data;
    FloatRows encodings;
    /// [rows]
    std::vector<std::vector<std::int64_t>> texts;
  };
  Seen look_at(std::span<const std::uint32_t> rows);

  /// A row that is compared.
  struct Row {
    const Seen& seen;
    std::size_t place = 0;
    /// The answers it brings among the donors' data.
    std::span<const float> behaviour;
    /// Examples that do not count.
    std::span<const std::uint32_t> left_out;
    std::optional<std::uint32_t> label;
  };
  /// Sets the p-values and the Bayes factor Z of each row's evidence; a few rows at a time take less than one.
  void compare(std::span<const Row> rows, std::span<ModalityEvidence* const> evidence) const;

  /// Donors whose data shows the behaviour of rows, at most.
  static constexpr std::size_t kBehaviourDonors = 32;
  /// Entries, at most.
  static constexpr std::size_t kMostTexts = 1000;
  static constexpr std::size_t kMostOtherData = 500;

 private:
  /// Of one row from the entries; empty where they are not compared.
  struct Distances {
    std::vector<float> data;
    std::vector<float> encoding;
    std::vector<float> behaviour;
  };
  void compare(const Row& row, Distances distances, ModalityEvidence& evidence) const;
  void choose_entries();
  /// Entries with the source of each, itself among them, ascending. [entries]
  std::vector<std::vector<std::size_t>> entries_with_sources() const;
  /// Labels that each entry occurs with, [entries].
  std::vector<std::vector<std::uint32_t>> labels() const;
  FloatRows behaviours(std::span<const std::uint32_t> donors);
  bool is_text() const { return game_.kind(modality_) == "tokens"; }

  CaseGame& game_;
  const ReferenceSet& reference_;
  std::size_t modality_;
  /// Examples whose data are the entries.
  std::vector<std::uint32_t> entries_;
  /// Entry that an example stands for, [examples].
  std::vector<std::optional<std::uint32_t>> entry_of_;
  std::unique_ptr<Neighbours> data_;
  std::unique_ptr<WordPairs> texts_;
  std::unique_ptr<Neighbours> encoding_;
  std::unique_ptr<Neighbours> behaviour_;
};

}  // namespace modattr
