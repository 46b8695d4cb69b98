#include "raw_data.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/data/file_digest.h"
#include "modattr/data/raw/manifest.h"
#include "modattr/tokenizers/tokenizer.h"

namespace modattr {
namespace {

/// Makes the inputs of a configuration's modalities.
class RawInputs {
 public:
  explicit RawInputs(const Config& config) : config_(config) {}

  std::vector<RawInput> make() {
    for (place_ = 0; place_ < config_.modalities.size(); ++place_) {
      const ModalityConfig& modality = config_.modalities[place_];
      for (const InputReference& reference : modality.inputs) {
        if (!reference.columns.empty())
          fail("inputs", "whole inputs, as a manifest makes each for itself, got a part of one");
        if (modality.kind != "audio") add(modality, reference.input);
      }
      if (modality.kind == "audio") add_sounds(modality);
    }
    return std::move(inputs_);
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& text) const {
    throw ConfigError(config_.file.string() + ": modalities[" + std::to_string(place_) + "]." + key + ": expected " +
                      text);
  }

  const std::string& column_of(const ModalityConfig& modality) const {
    if (!modality.raw.column) fail("column", "the column of the manifest that the modality is made of, got none");
    return *modality.raw.column;
  }

  void add(const ModalityConfig& modality, const std::string& input) {
    if (modality.kind == "image") {
      if (modality.inputs.size() != 1)
        fail("inputs", "one input of a modality of pictures, got " + std::to_string(modality.inputs.size()));
      inputs_.emplace_back(
          PictureInput{.input = input, .column = column_of(modality), .preprocessing = modality.raw.picture});
    } else if (modality.kind == "tokens") {
      inputs_.emplace_back(TextPartInput{.input = input,
                                         .column = column_of(modality),
                                         .part = part_of(modality, input),
                                         .tokenizer = tokenizer_of(modality),
                                         .length = modality.raw.max_length});
    } else if (modality.kind == "columns") {
      if (modality.inputs.size() != 1)
        fail("inputs", "one input of a modality of columns, got " + std::to_string(modality.inputs.size()));
      inputs_.emplace_back(ColumnsInput{.input = input, .columns = encodings_of(modality)});
    } else {
      fail("kind", "image, tokens, audio or columns of data in a manifest, got " + modality.kind);
    }
  }

  /// One input, or two, of which the second is the mask.
  void add_sounds(const ModalityConfig& modality) {
    SoundInput sounds{
        .input = modality.inputs.front().input, .column = column_of(modality), .preprocessing = modality.raw.sound};
    if (modality.inputs.size() > 1) {
      sounds.mask_input = modality.inputs[1].input;
      if (modality.inputs.size() > 2 || sounds.mask_input->find("mask") == std::string::npos) {
        fail("inputs", "the input of sounds, then at most one named like attention_mask, got '" +
                           modality.inputs.back().input + "'");
      }
      // Who has a mask knows which samples are of the sound.
      auto& standardisation = sounds.preprocessing.standardisation;
      if (standardisation == SoundPreprocessing::Standardisation::kFilledSound) {
        standardisation = SoundPreprocessing::Standardisation::kSound;
      }
    }
    inputs_.emplace_back(std::move(sounds));
  }

  /// The part of an encoded text that an input holds, by its name.
  TextPart part_of(const ModalityConfig& modality, const std::string& input) const {
    const auto has = [&](const char* word) { return input.find(word) != std::string::npos; };
    if (has("mask")) return TextPart::kAttentionMask;
    if (has("token_type") || has("segment")) return TextPart::kTypeIds;
    const bool is_first = modality.inputs.front().input == input;
    if (!is_first)
      fail("inputs", "ids first, then inputs named like attention_mask and token_type_ids, got '" + input + "'");
    return TextPart::kIds;
  }

  std::shared_ptr<const Tokenizer> tokenizer_of(const ModalityConfig& modality) {
    if (!modality.raw.tokenizer)
      fail("tokenizer", "a tokenizer.json, vocab.txt or SentencePiece model for its texts, got none");
    std::shared_ptr<const Tokenizer>& tokenizer = tokenizers_[*modality.raw.tokenizer];
    if (tokenizer == nullptr) tokenizer = open_tokenizer(*modality.raw.tokenizer);
    return tokenizer;
  }

  std::vector<ColumnEncoding> encodings_of(const ModalityConfig& modality) const {
    if (modality.columns.empty()) fail("columns", "the columns of the manifest that the modality is made of, got none");
    for (const ColumnEncoding& encoding : modality.raw.encodings) {
      if (std::ranges::find(modality.columns, encoding.column) == modality.columns.end()) {
        fail("preprocessing",
             "names of \"columns\", got '" + encoding.column + "'" + suggestion(encoding.column, modality.columns));
      }
    }
    std::vector<ColumnEncoding> encodings;
    for (const std::string& column : modality.columns) {
      const auto found = std::ranges::find(modality.raw.encodings, column, &ColumnEncoding::column);
      encodings.push_back(found != modality.raw.encodings.end() ? *found : ColumnEncoding{.column = column});
    }
    return encodings;
  }

  const Config& config_;
  std::size_t place_ = 0;
  std::vector<RawInput> inputs_;
  std::map<std::filesystem::path, std::shared_ptr<const Tokenizer>> tokenizers_;
};

void reject_raw_keys(const DatasetOptions& options, const Config& config) {
  for (std::size_t place = 0; place < config.modalities.size(); ++place) {
    const std::optional<std::string>& key = config.modalities[place].raw.first_key;
    if (!key) continue;
    throw ConfigError(config.file.string() + ": modalities[" + std::to_string(place) + "]." + *key +
                      ": expected a .jsonl or .csv file as data, got " + options.path.string() +
                      ", whose arrays are the inputs already");
  }
  if (config.data.allow_outside) {
    throw ConfigError(config.file.string() + ": data.allow_outside: expected a .jsonl or .csv file as data, got " +
                      options.path.string() + ", which names no files");
  }
}

std::string digest_where_readable(const std::filesystem::path& file) {
  try {
    return sha256_of_file(file);
  } catch (const DataError&) {
    return "unreadable";
  }
}

}  // namespace

void use_manifest(DatasetOptions& options, const Config& config, const RawReading& reading) {
  if (!is_manifest(options.path)) {
    reject_raw_keys(options, config);
    return;
  }
  if (config.model.kind == OutputKind::kCausalLm) {
    throw ConfigError(config.file.string() +
                      ": data.path: expected arrays, got a manifest, which has no label tokens of a "
                      "causal language model");
  }
  if (options.metadata) {
    throw ConfigError(config.file.string() + ": data.metadata: expected none, got one beside " + options.path.string() +
                      ", whose columns are the metadata");
  }
  ManifestOptions manifest{.path = options.path,
                           .inputs = RawInputs(config).make(),
                           .content = options.content,
                           .label = options.label,
                           .id = options.id,
                           .columns = {},
                           .nested_columns = {},
                           .class_names = options.class_names,
                           .outside = config.data.allow_outside ? OutsideFiles::kAllowed : OutsideFiles::kRefused,
                           .broken = reading.broken,
                           .ids = reading.ids,
                           .thread_count = reading.thread_count};
  for (const std::optional<std::string>& column : {options.group, options.column}) {
    if (column && *column != "label") manifest.columns.push_back(*column);
  }
  for (const ModalityConfig& modality : config.modalities) {
    if (!modality.players.boxes.column || options.content == DatasetContent::kInputsOnly) continue;
    manifest.columns.push_back(*modality.players.boxes.column);
    manifest.nested_columns.push_back(*modality.players.boxes.column);
  }
  options.source = open_manifest(manifest);
  const std::vector<std::string>& keys = options.source->columns.keys();
  if (!options.id && std::ranges::find(keys, "id") != keys.end()) options.id = "id";
}

std::string digest_of_data(const std::filesystem::path& path, const Config& config) {
  const std::string own = sha256_of_file(path);
  if (!is_manifest(path)) return own;
  std::string text = own;
  std::vector<std::string> columns;
  for (const ModalityConfig& modality : config.modalities) {
    if (modality.raw.tokenizer) text += "\n" + sha256_of_file(*modality.raw.tokenizer);
    if (modality.raw.preprocessing_file) text += "\n" + sha256_of_file(*modality.raw.preprocessing_file);
    if ((modality.kind == "image" || modality.kind == "audio") && modality.raw.column)
      columns.push_back(*modality.raw.column);
  }
  const Metadata manifest = read_metadata(path, columns);
  const OutsideFiles outside = config.data.allow_outside ? OutsideFiles::kAllowed : OutsideFiles::kRefused;
  for (const std::string& column : columns) {
    const auto names = manifest.column(column);
    const NamedFiles files = resolve_files(manifest, column, outside, BrokenFiles::kLeftOut);
    std::vector<bool> is_named(files.paths.size());
    for (std::size_t row = 0; row < names.size(); ++row) {
      const std::uint32_t file = files.file_of_row[row];
      if (file == NamedFiles::kNoFile || is_named[file]) continue;
      is_named[file] = true;
      text += "\n" + names[row] + "\n" + digest_where_readable(files.paths[file]);
    }
  }
  return sha256_of_text(text);
}

void take_raw_settings(const Dataset& dataset, Config& config) {
  if (!is_manifest(config.data.path)) return;
  for (ModalityConfig& modality : config.modalities) {
    // The data name theirs, one for each that a category became.
    modality.columns.clear();
    if (modality.kind != "tokens" || !modality.special_ids.empty()) continue;
    for (std::size_t input = 0; input < dataset.input_count(); ++input) {
      if (dataset.input(input).name == modality.inputs.front().input) modality.special_ids = dataset.special_ids(input);
    }
  }
}

}  // namespace modattr
