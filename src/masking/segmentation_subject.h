#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "modattr/masking/segmentation.h"

namespace modattr {

/// Players, shapes or ids, one after the other.
using Numbers = std::vector<std::int64_t>;

/// Stands for no player.
inline constexpr std::int64_t kNoPlayer = -1;

/// The rest of a shape behind its first dimension.
Numbers row_shape(const Array& array);

std::size_t element_count(const Numbers& shape);

/// Whether an element of a row of the input's array lies in the modality's columns.
bool is_own(const SegmentedInput& input, const Array& array, std::size_t element);

/// Runs of equal players; kNoPlayer is none.
std::vector<PlayerRun> runs_of(const Numbers& players);

/// Throws ConfigError where there are more than 32,768 players.
void check_player_count(const std::string& modality, const PlayerLayout& layout);

/// Where the players of one modality are described, and what is wrong with them.
struct SegmentationSubject {
  const SegmentationOptions& options;
  const std::string& modality;
  const Dataset& dataset;
  std::span<const SegmentedInput> inputs;

  const Array& array(std::size_t place) const { return dataset.input(inputs[place].input); }
  /// Throws ConfigError.
  [[noreturn]] void fail(const std::string& expected, const std::string& got, const std::string& hint) const;
};

/// All of the modality's data as one player, which has the modality's name.
PlayerLayout whole_layout(const SegmentationSubject& subject);

/// Runs of each input of a modality of texts, whose second dimension are positions; `player_of_position` [positions].
std::vector<std::vector<PlayerRun>> position_runs(const Dataset& dataset, std::span<const SegmentedInput> inputs,
                                                  const Numbers& player_of_position);

/// Labels that occur again carry their position: the@3.
void tell_apart(std::vector<std::string>& labels, const std::vector<std::size_t>& positions);

std::unique_ptr<Segmentation> make_token_segmentation(const SegmentationSubject& subject);
/// The texts must be known, and their tokenizer.
std::unique_ptr<Segmentation> make_text_segmentation(const SegmentationSubject& subject);
std::unique_ptr<Segmentation> make_superpixel_segmentation(const SegmentationSubject& subject);
std::unique_ptr<Segmentation> make_box_segmentation(const SegmentationSubject& subject);
std::unique_ptr<Segmentation> make_mask_segmentation(const SegmentationSubject& subject);

}  // namespace modattr
