#include "sound_inputs.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "data/raw/memory_array.h"
#include "modattr/data/messages.h"
#include "modattr/data/raw/decoded_rows.h"

namespace modattr {
namespace {

/// The sounds of an input. Its samples and its mask are made of the same files.
class SoundRows {
 public:
  SoundRows(const SoundInput& input, const NamedFiles& files)
      : preprocessing_(input.preprocessing), files_(files), own_step_counts_(files.paths.size()) {
    const PreparedSound first = prepared_sound(files_, 0, preprocessing_);
    shape_ = first.shape;
    step_count_ = first.step_count;
    sample_rate_ = first.sample_rate;
    seconds_per_step_ = first.seconds_per_step;
    for (std::atomic<std::size_t>& count : own_step_counts_) count = kUnknown;
    own_step_counts_.front() = first.own_step_count;
  }

  /// [rows, ...]
  std::vector<std::int64_t> shape() const {
    std::vector<std::int64_t> shape = {static_cast<std::int64_t>(files_.paths.size())};
    shape.insert(shape.end(), shape_.begin(), shape_.end());
    return shape;
  }
  std::size_t step_count() const { return step_count_; }
  double seconds_per_step() const { return seconds_per_step_; }

  void write(std::size_t row, std::span<std::byte> destination) {
    const PreparedSound sound = read(row);
    std::memcpy(destination.data(), sound.numbers.data(), destination.size());
  }

  void write_mask(std::size_t row, std::span<std::byte> destination) {
    // The sound itself is read first as a rule.
    std::size_t own_count = own_step_counts_[row];
    if (own_count == kUnknown) own_count = read(row).own_step_count;
    std::vector<std::int64_t> mask(step_count_);
    std::fill_n(mask.begin(), own_count, std::int64_t{1});
    std::memcpy(destination.data(), mask.data(), destination.size());
  }

 private:
  static constexpr std::size_t kUnknown = SIZE_MAX;

  PreparedSound read(std::size_t row) {
    PreparedSound sound = prepared_sound(files_, row, preprocessing_);
    const std::string like_first = " like " + files_.paths.front().filename().string();
    if (sound.sample_rate != sample_rate_) {
      throw_data_error(files_.where[row], std::to_string(sample_rate_) + " samples per second" + like_first,
                       std::to_string(sound.sample_rate), R"(set "sample_rate" in the modality's preprocessing)");
    }
    if (sound.step_count != step_count_) {
      throw_data_error(files_.where[row],
                       std::to_string(step_count_) + (preprocessing_.mel ? " frames" : " samples") + like_first,
                       std::to_string(sound.step_count),
                       R"(set the modality's "max_length" or "max_seconds", to which all are cut or filled up)");
    }
    if (sound.shape != shape_) {
      throw_data_error(files_.where[row], std::to_string(shape_.front()) + " channels" + like_first,
                       std::to_string(sound.shape.front()),
                       R"(set "channels" to "mono" in the modality's preprocessing)");
    }
    own_step_counts_[row] = sound.own_step_count;
    return sound;
  }

  SoundPreprocessing preprocessing_;
  NamedFiles files_;
  std::vector<std::int64_t> shape_;
  std::size_t step_count_ = 0;
  std::size_t sample_rate_ = 0;
  double seconds_per_step_ = 0.0;
  std::vector<std::atomic<std::size_t>> own_step_counts_;
};

}  // namespace

PreparedSound prepared_sound(const NamedFiles& files, std::size_t file, const SoundPreprocessing& preprocessing) {
  return prepare_sound(read_sound(files.paths[file], files.where[file]), preprocessing, files.where[file]);
}

void add_sounds(const SoundInput& input, const NamedFiles& files, DataSource& source) {
  const auto rows = std::make_shared<SoundRows>(input, files);
  RawRows origins{.input = input.input, .kind = OriginKind::kSound, .rows = {}};
  for (const std::filesystem::path& path : files.paths) origins.rows.push_back(path.string());
  origins.time = TimeAxis{.axis = time_axis(input.preprocessing), .seconds_per_step = rows->seconds_per_step()};
  const std::vector<std::int64_t> file_of_row(files.file_of_row.begin(), files.file_of_row.end());
  source.arrays.push_back(
      decoded_array(input.input, c10::ScalarType::Float, rows->shape(),
                    [rows](std::size_t row, std::span<std::byte> bytes) { rows->write(row, bytes); }));
  source.arrays.push_back(rows_array(input.input, file_of_row));
  source.origins.push_back(origins);
  if (!input.mask_input) return;
  source.arrays.push_back(
      decoded_array(*input.mask_input, c10::ScalarType::Long,
                    {static_cast<std::int64_t>(files.paths.size()), static_cast<std::int64_t>(rows->step_count())},
                    [rows](std::size_t row, std::span<std::byte> bytes) { rows->write_mask(row, bytes); }));
  source.arrays.push_back(rows_array(*input.mask_input, file_of_row));
  origins.input = *input.mask_input;
  origins.time->axis = 0;
  source.origins.push_back(std::move(origins));
}

}  // namespace modattr
