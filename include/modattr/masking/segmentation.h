#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/data/dataset.h"
#include "modattr/masking/text_pieces.h"

namespace modattr {

class Tokenizer;

enum class PlayerType {
  kWhole,
  kPatch,
  kSuperpixel,
  kBox,
  kToken,
  kWord,
  kSentence,
  kColumn,
  kSegment,
  kElement,
  kMask
};

/// The words of a configuration's players.type, in the order of PlayerType.
std::span<const std::string> player_type_names();
/// Throws ConfigError for any other word.
PlayerType parse_player_type(std::string_view name);

/// Consecutive elements of a row that belong to the same player.
struct PlayerRun {
  /// nullopt = no player: special and padding tokens, columns of other modalities.
  std::optional<std::uint32_t> player;
  std::size_t first = 0;
  std::size_t count = 0;
};

/// Which elements of a modality's data each player of an example owns.
struct PlayerLayout {
  /// The word, the patch's row and column, the column's name. [players]
  std::vector<std::string> labels;
  /// Cuts a row of each input of the modality, in its order, without gaps.
  std::vector<std::vector<PlayerRun>> inputs;
  /// Of players that are patches, where they lie; [players], else empty.
  std::vector<PatchPlace> patches = {};
  /// Of players that are segments of sounds whose sample rate is known; [players], else empty.
  std::vector<TimeSpan> times = {};
  /// Where players are removed in the text that ids were made of, that text; empty = data of absent players is replaced
  /// in place.
  std::vector<TextPiece> pieces = {};
};

/// A rectangle of a picture file, in its pixels from the upper left corner.
struct PictureBox {
  double left = 0.0;
  double top = 0.0;
  double right = 0.0;
  double bottom = 0.0;
  /// Empty = it has none.
  std::string name = {};
};

/// How the data of a modality becomes players.
struct SegmentationOptions {
  PlayerType type = PlayerType::kWhole;
  /// Height and width of a patch; for segments the first is their length. nullopt = an eighth of the side, or a
  /// sixteenth of the length.
  std::optional<std::array<std::size_t, 2>> size = std::nullopt;
  /// For kSuperpixel: about how many there are, and how much nearness counts beside likeness of colour.
  std::size_t segment_count = 50;
  double compactness = 10.0;
  /// For kBox: those of every row of the data file, and whether pixels in none of them are a player.
  std::vector<std::vector<PictureBox>> boxes = {};
  bool has_background_player = true;
  /// Tokens that are no players.
  std::vector<std::int64_t> special_ids = {};
  /// Words by id; empty = ids are the labels.
  std::vector<std::string> vocabulary = {};
  /// What made ids of texts; nullptr where they were ids already. Words and sentences are then those of the texts.
  std::shared_ptr<const Tokenizer> tokenizer = nullptr;
  /// For words and sentences of texts: whether absent ones are taken out of the text, which is then tokenised again.
  bool removes_in_text = false;
  /// For kMask: the player of every element of each input, [1 or rows of the file, ...], equal numbers being one
  /// player.
  std::vector<Array> masks = {};
  /// For kColumn: names of the columns of each input's array, [inputs] of [columns]; empty where they have none.
  std::vector<std::vector<std::string>> column_names = {};
};

/// An input of a modality, and the columns of it that belong there.
struct SegmentedInput {
  std::size_t input = 0;
  /// Of the second dimension; empty = all.
  std::vector<std::array<std::int64_t, 2>> columns = {};
};

/// Cuts a modality's data into players, example by example:
///   whole    all of it
///   patch    squares of an image [..., height, width], all channels; those at the border may be smaller
///   superpixel  pixels of similar colour side by side, found by SLIC in the picture of the first input
///   box      pixels whose centre is in a box of the first input's picture file, which was resized and cropped; where
///            boxes overlap that of the smallest area, then the first one; "background" are all others
///   column   a column of the second dimension
///   segment  a stretch of the last dimension, or of the one that time runs along; of a mask the same stretch as of the
///            first input, where both are of one length
///   element  a number
///   token    a position of the first input that holds no special id, and the same position of the other inputs;
///            where every id is special, all of it is one player, so that attributions add up to the modality's
///   word     tokens of one word: "##" continues one; where the vocabulary has "▁" or "Ġ", they begin one
///   sentence  of the text that ids were made of
///   mask     elements of equal number in an array
class Segmentation {
 public:
  virtual ~Segmentation() = default;
  /// Players of an example. Safe to call from many threads.
  virtual std::shared_ptr<const PlayerLayout> layout(std::size_t example) const = 0;
  /// Whether all examples have the same players.
  virtual bool is_shared() const noexcept = 0;
};

/// Throws ConfigError naming the modality when the players do not go with the shape of an input, or there would be more
/// than 4,096. Borrows the dataset.
std::unique_ptr<Segmentation> make_segmentation(const SegmentationOptions& options, const std::string& modality,
                                                const Dataset& dataset, std::span<const SegmentedInput> inputs);

/// One word per line; throws DataError when the file cannot be read.
std::vector<std::string> read_vocabulary(const std::filesystem::path& file);

}  // namespace modattr
