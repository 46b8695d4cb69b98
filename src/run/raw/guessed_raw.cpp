#include "guessed_raw.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/data/metadata.h"
#include "modattr/data/raw/broken_file.h"
#include "modattr/data/raw/named_files.h"
#include "modattr/data/raw/picture_file.h"
#include "modattr/data/raw/sound/sound_file.h"
#include "modattr/tokenizers/tokenizer.h"
#include "run/config/sound_reader.h"

namespace modattr {
namespace {

using RawNames = std::vector<std::string>;

const RawNames kRawLabels = {"label", "labels", "target", "y", "answer", "class"};
const RawNames kRawIds = {"id", "example_id", "question_id"};
/// Parts of arguments' names.
const RawNames kPictureWords = {"image", "img", "picture", "photo", "pixel", "visual", "vision"};
const RawNames kSoundWords = {"audio",        "sound",          "wave", "wav",  "speech",
                              "input_values", "input_features", "mel",  "spec", "fbank"};
const RawNames kTextWords = {"ids", "text", "token", "question", "caption", "sentence", "mask", "segment"};
/// Of masks' names.
const RawNames kMaskedTexts = {"ids", "text", "token", "question", "caption", "sentence"};
/// Columns' usual names, which say what is meant where several columns hold the same.
const RawNames kPictureColumns = {"image", "picture", "photo", "image_path", "file_name", "path", "file"};
const RawNames kTextColumns = {"question", "text", "caption", "sentence", "prompt", "title", "description"};
/// Rows that a column's kind is told from, and files that are tried.
constexpr std::size_t kTypedRows = 2000;
constexpr std::size_t kRawFiles = 20;
/// Seconds of sounds of several lengths at most.
constexpr std::size_t kMostGuessedSeconds = 10;

enum class RawKind { kPictures, kSounds, kTexts, kNumbers, kEmpty };

bool contains_any(const std::string& name, const RawNames& words) {
  return std::ranges::any_of(words, [&](const std::string& word) { return name.find(word) != std::string::npos; });
}

std::string joined(const RawNames& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

bool holds_name(const RawNames& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

bool has_extension(const std::string& text, const RawNames& extensions) {
  std::string extension = std::filesystem::path(text).extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return holds_name(extensions, extension);
}

class RawGuesser {
 public:
  explicit RawGuesser(const RawSetting& setting)
      : setting_(setting),
        keys_(read_metadata(setting.manifest, {}).keys()),
        manifest_(read_metadata(setting.manifest, keys_)) {}

  GuessedRaw guess() {
    result_.label = find_column("label", setting_.label, kRawLabels);
    result_.id = find_column("id", setting_.id, kRawIds);
    if (result_.label) guess_classes();
    RawNames masks;
    for (const std::string& argument : setting_.arguments) {
      is_mask(argument) ? masks.push_back(argument) : match(argument);
    }
    if (!numbers_argument_.empty()) add_columns();
    // Sounds and texts, which they may belong to, are known by now.
    for (const std::string& argument : masks) add_mask(argument);
    return std::move(result_);
  }

 private:
  std::optional<std::string> find_column(const char* name, const std::optional<std::string>& asked,
                                         const RawNames& usual) const {
    if (asked && !holds_name(keys_, *asked)) {
      throw ConfigError(option(name) + ": expected a column of " + setting_.manifest.string() + ", got '" + *asked +
                        "'" + suggestion(*asked, keys_));
    }
    if (asked) return asked;
    for (const std::string& key : usual) {
      if (holds_name(keys_, key) && !holds_name(setting_.arguments, key)) return key;
    }
    return std::nullopt;
  }

  RawKind kind_of(const std::string& column) const {
    const std::size_t count = std::min(manifest_.row_count(), kTypedRows);
    const auto texts = manifest_.column(column).first(count);
    const auto types = manifest_.types(column).first(count);
    bool are_pictures = true;
    bool are_sounds = true;
    bool are_numbers = true;
    bool is_empty = true;
    for (std::size_t row = 0; row < count; ++row) {
      if (types[row] == MetadataType::kNull) continue;
      is_empty = false;
      const bool is_text = types[row] == MetadataType::kText;
      are_pictures = are_pictures && is_text && has_extension(texts[row], {".jpg", ".jpeg", ".png", ".webp"});
      are_sounds = are_sounds && is_text && has_extension(texts[row], {".wav", ".flac", ".ogg", ".oga", ".opus"});
      are_numbers = are_numbers && types[row] != MetadataType::kText;
    }
    if (is_empty) return RawKind::kEmpty;
    if (are_pictures || are_sounds) return are_pictures ? RawKind::kPictures : RawKind::kSounds;
    return are_numbers ? RawKind::kNumbers : RawKind::kTexts;
  }

  /// Columns of a kind that are nothing else.
  RawNames columns_of(RawKind kind) const {
    RawNames columns;
    for (const std::string& key : keys_) {
      const bool is_other = key == result_.label || key == result_.id || key == setting_.group;
      if (!is_other && kind_of(key) == kind) columns.push_back(key);
    }
    return columns;
  }

  void guess_classes() {
    const auto texts = manifest_.column(*result_.label);
    const auto types = manifest_.types(*result_.label);
    if (setting_.has_class_file || std::ranges::find(types, MetadataType::kText) == types.end()) return;
    const std::set<std::string> names(texts.begin(), texts.end());
    result_.classes.assign(names.begin(), names.end());
    result_.guesses.push_back(
        {"data.classes", std::to_string(names.size()) +
                             " in the order of the alphabet, as LabelEncoder and ImageFolder number "
                             "them; " +
                             option("classes") + " names a file with another order"});
  }

  [[noreturn]] void fail(const std::string& argument, const std::string& wanted) const {
    fail(argument, wanted, "the columns " + joined(keys_));
  }
  [[noreturn]] void fail(const std::string& argument, const std::string& wanted, const std::string& found) const {
    throw ConfigError("init: expected " + wanted + " for the argument '" + argument + "' of forward() in " +
                      setting_.manifest.string() + ", got " + found + "; give the column the argument's name");
  }

  void match(const std::string& argument) {
    std::optional<RawKind> kind;
    if (holds_name(keys_, argument)) kind = kind_of(argument);
    if (!kind && contains_any(argument, kPictureWords)) kind = RawKind::kPictures;
    if (!kind && contains_any(argument, kSoundWords)) kind = RawKind::kSounds;
    if (!kind && contains_any(argument, kTextWords)) kind = RawKind::kTexts;
    if (!kind) kind = RawKind::kNumbers;
    if (*kind == RawKind::kPictures)
      return add_pictures(argument, column_for(argument, *kind, "a column of paths of pictures"));
    if (*kind == RawKind::kSounds)
      return add_sounds(argument, column_for(argument, *kind, "a column of paths of sounds"));
    if (*kind == RawKind::kTexts) return add_texts(argument, column_for(argument, *kind, "a column of texts"));
    if (!numbers_argument_.empty()) fail(argument, "one argument that takes all columns of numbers");
    numbers_argument_ = argument;
  }

  std::string column_for(const std::string& argument, RawKind kind, const std::string& wanted) const {
    if (holds_name(keys_, argument) && kind_of(argument) == kind) return argument;
    const RawNames columns = columns_of(kind);
    if (columns.empty()) fail(argument, wanted);
    if (columns.size() == 1) return columns.front();
    RawNames usual;
    std::ranges::copy_if(columns, std::back_inserter(usual), [&](const std::string& column) {
      return holds_name(kind == RawKind::kPictures ? kPictureColumns : kTextColumns, column);
    });
    if (usual.size() != 1) fail(argument, wanted, std::to_string(columns.size()) + " of them: " + joined(columns));
    return usual.front();
  }

  /// A file of that name beside the model, else beside the manifest.
  std::optional<std::filesystem::path> beside(std::span<const char* const> names) const {
    for (const std::filesystem::path& folder : {setting_.model.parent_path(), setting_.manifest.parent_path()}) {
      for (const char* name : names) {
        std::error_code ignored;
        if (std::filesystem::is_regular_file(folder / name, ignored)) return folder / name;
      }
    }
    return std::nullopt;
  }

  std::string next_key() const { return "modalities[" + std::to_string(result_.modalities.size()) + "]"; }

  void add_pictures(const std::string& argument, const std::string& column) {
    std::string text = "'" + argument + "' of the pictures in '" + column + "'";
    Json modality{{"name", "image"}, {"kind", "image"}, {"inputs", {argument}}, {"column", column}};
    constexpr std::array kNames = {"preprocessor_config.json"};
    if (const auto file = beside(kNames)) {
      modality["preprocessing"] = file->string();
      text += ", as " + file->string() + " says";
    } else if (!have_one_size(column)) {
      modality["preprocessing"] = {{"resize", 256},
                                   {"center_crop", 224},
                                   {"rescale", true},
                                   {"normalize", {{"mean", {0.485, 0.456, 0.406}}, {"std", {0.229, 0.224, 0.225}}}}};
      text += ", preprocessed as torchvision does for ImageNet: put in what your model was trained with";
    } else {
      text += ", all of one size, as bytes";
    }
    result_.guesses.push_back({next_key(), text});
    result_.modalities.push_back(std::move(modality));
  }

  bool have_one_size(const std::string& column) const {
    const NamedFiles files = resolve_files(manifest_, column, OutsideFiles::kRefused, BrokenFiles::kLeftOut);
    std::set<std::pair<std::size_t, std::size_t>> sizes;
    const std::size_t step = std::max<std::size_t>(files.paths.size() / kRawFiles, 1);
    for (std::size_t file = 0; file < files.paths.size(); file += step) {
      try {
        const Raster raster = read_picture(files.paths[file], PictureOrientation::kExif, files.where[file]);
        sizes.emplace(raster.height, raster.width);
      } catch (const BrokenFileError&) {
        // Named by whatever reads it.
      }
    }
    return sizes.size() <= 1;
  }

  /// Masks of pictures are inputs of their own.
  bool is_mask(const std::string& argument) const {
    return contains_any(argument, {"mask"}) && !contains_any(argument, kPictureWords) && !holds_name(keys_, argument);
  }

  /// The place of the first modality of a kind; nullopt where there is none.
  std::optional<std::size_t> find_kind(const char* kind) const {
    for (std::size_t place = 0; place < result_.modalities.size(); ++place) {
      if (result_.modalities[place]["kind"] == Json(kind)) return place;
    }
    return std::nullopt;
  }

  /// Texts and sounds may have a padding mask: where its name does not say whose it is, the model does, which takes
  /// that of the right length.
  void add_mask(const std::string& argument) {
    const std::optional<std::size_t> sounds = find_kind("audio");
    const std::optional<std::size_t> texts = find_kind("tokens");
    if (!sounds && !texts) return add_texts(argument, column_for(argument, RawKind::kTexts, "a column of texts"));
    const auto with_mask = [&](std::size_t place) {
      Json modalities = result_.modalities;
      modalities[place]["inputs"].push_back(argument);
      return modalities;
    };
    const bool is_named = contains_any(argument, kSoundWords) != contains_any(argument, kMaskedTexts);
    if (!sounds || !texts || is_named) {
      const bool is_of_sounds = !texts || (sounds && contains_any(argument, kSoundWords));
      result_.modalities = with_mask(is_of_sounds ? *sounds : *texts);
      return;
    }
    const bool fits_sounds = setting_.takes && setting_.takes(with_mask(*sounds));
    const bool fits_texts = setting_.takes && setting_.takes(with_mask(*texts));
    const bool is_of_sounds = fits_sounds && !fits_texts;
    const std::string owner = is_of_sounds ? "sounds" : "texts";
    result_.modalities = with_mask(is_of_sounds ? *sounds : *texts);
    if (fits_sounds != fits_texts) {
      result_.guesses.push_back({"modalities[" + std::to_string(is_of_sounds ? *sounds : *texts) + "]",
                                 "'" + argument + "' as the padding mask of the " + owner +
                                     ", as the model does not take one of the other length"});
      return;
    }
    result_.warnings.push_back("'" + argument + "' was taken for the padding mask of the texts, but may be meant for " +
                               "the sounds: the model takes " + (fits_sounds ? "both" : "neither") +
                               "; if so, move it to the inputs of modalities[" + std::to_string(*sounds) + "]");
  }

  void add_sounds(const std::string& argument, const std::string& column) {
    std::string text = "'" + argument + "' of the sounds in '" + column + "'";
    Json modality{{"name", "audio"}, {"kind", "audio"}, {"inputs", {argument}}, {"column", column}};
    const SoundSizes sizes = sizes_of_sounds(column);
    constexpr std::array kNames = {"preprocessor_config.json"};
    if (const auto file = beside(kNames)) {
      modality["preprocessing"] = file->string();
      text += ", as " + file->string() + " says";
      // The other extractors fill sounds up to a length of their own.
      const SoundPreprocessing steps = read_feature_extractor_file(*file);
      if (!steps.length && !steps.frame_count) add_length(sizes, *steps.sample_rate, modality, text);
    } else if (sizes.rates.empty()) {
      text += ", none of which can be read";
    } else {
      const std::size_t rate = *sizes.rates.begin();
      modality["preprocessing"] = {{"sample_rate", rate}};
      // Models of transformers take [N, samples], those of torchaudio [N, channels, samples].
      if (argument == "input_values") modality["preprocessing"]["squeeze"] = true;
      text += ", as waveforms of " + std::to_string(rate) + " samples per second";
      add_length(sizes, rate, modality, text);
      text += ": put in what your model was trained with";
    }
    result_.guesses.push_back({next_key(), text});
    result_.modalities.push_back(std::move(modality));
  }

  struct SoundSizes {
    std::set<std::size_t> rates;
    /// Seconds.
    std::set<double> lengths;
  };

  SoundSizes sizes_of_sounds(const std::string& column) const {
    const NamedFiles files = resolve_files(manifest_, column, OutsideFiles::kRefused, BrokenFiles::kLeftOut);
    SoundSizes sizes;
    const std::size_t step = std::max<std::size_t>(files.paths.size() / kRawFiles, 1);
    for (std::size_t file = 0; file < files.paths.size(); file += step) {
      try {
        const Sound sound = read_sound(files.paths[file], files.where[file]);
        sizes.rates.insert(sound.sample_rate);
        sizes.lengths.insert(static_cast<double>(sound.channels.front().size()) /
                             static_cast<double>(sound.sample_rate));
      } catch (const BrokenFileError&) {
        // Named by whatever reads it.
      }
    }
    return sizes;
  }

  /// Sounds of several lengths, or of several rates, get one.
  static void add_length(const SoundSizes& sizes, std::size_t rate, Json& modality, std::string& text) {
    if (sizes.lengths.size() < 2) return;
    const double longest = std::min<double>(*sizes.lengths.rbegin(), kMostGuessedSeconds);
    const auto samples = static_cast<std::size_t>(std::ceil(longest * static_cast<double>(rate)));
    modality["max_length"] = samples;
    text += ", cut or filled up to " + std::to_string(samples) + " samples";
  }

  void add_texts(const std::string& argument, const std::string& column) {
    for (Json& modality : result_.modalities) {
      if (modality["column"] != Json(column)) continue;
      // Ids come first.
      const bool is_ids = !contains_any(argument, {"mask", "token_type", "segment"});
      is_ids ? modality["inputs"].insert(modality["inputs"].begin(), argument)
             : modality["inputs"].insert(modality["inputs"].end(), argument);
      return;
    }
    constexpr std::array kNames = {"tokenizer.json", "tokenizer.model", "spiece.model", "vocab.txt"};
    const auto file = beside(kNames);
    if (!file) {
      throw ConfigError("init: expected a tokenizer.json, tokenizer.model, spiece.model or vocab.txt for '" + argument +
                        "' beside " + setting_.model.string() + " or " + setting_.manifest.string() + ", got none");
    }
    const std::size_t length = longest(column, *file);
    result_.guesses.push_back({next_key(), "'" + argument + "' of the texts in '" + column + "', tokenised by " +
                                               file->string() + ", at most " + std::to_string(length) + " tokens"});
    result_.modalities.push_back({{"name", "text"},
                                  {"kind", "tokens"},
                                  {"inputs", {argument}},
                                  {"column", column},
                                  {"tokenizer", file->string()},
                                  {"max_length", length}});
  }

  /// Tokens of the longest of the texts, 512 at most, or the length that the tokenizer's file sets.
  std::size_t longest(const std::string& column, const std::filesystem::path& file) const {
    constexpr std::size_t kMostTokens = 512;
    const std::unique_ptr<Tokenizer> tokenizer = open_tokenizer(file);
    std::size_t length = 1;
    const auto texts = manifest_.column(column);
    for (std::size_t row = 0; row < std::min(texts.size(), kTypedRows); ++row) {
      length = std::max(length, tokenizer->encode({.text = texts[row]}).size());
    }
    return std::min(length, kMostTokens);
  }

  void add_columns() {
    const RawNames columns = columns_of(RawKind::kNumbers);
    if (columns.empty()) fail(numbers_argument_, "columns of numbers");
    result_.guesses.push_back({next_key(), "'" + numbers_argument_ + "' of " + std::to_string(columns.size()) +
                                               " columns of numbers, as they are: is \"preprocessing\" needed?"});
    result_.modalities.push_back(
        {{"name", numbers_argument_}, {"kind", "columns"}, {"inputs", {numbers_argument_}}, {"columns", columns}});
  }

  const RawSetting& setting_;
  RawNames keys_;
  Metadata manifest_;
  GuessedRaw result_;
  std::string numbers_argument_;
};

}  // namespace

GuessedRaw guess_raw(const RawSetting& setting) {
  return RawGuesser(setting).guess();
}

}  // namespace modattr
