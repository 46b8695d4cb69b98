#include "raw_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "modattr/core/error.h"
#include "picture_reader.h"
#include "sound_reader.h"

namespace modattr {
namespace {

const std::vector<std::string> kEncodingKeys = {"mean", "std", "missing", "categories", "encoding", "handle_unknown"};
const std::vector<std::string> kEncodingStyles = {"one-hot", "ordinal"};
const std::vector<std::string> kUnknownTexts = {"error", "ignore"};

double number_of(JsonObject& object, const char* key, double otherwise) {
  const Json* value = object.find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_number()) object.fail(key, "a number");
  return value->get<double>();
}

ColumnEncoding read_encoding(const std::string& column, JsonObject object) {
  object.reject_unknown(kEncodingKeys);
  ColumnEncoding encoding{.column = column};
  if (object.has("categories")) {
    encoding.categories = object.require_strings("categories");
    for (const char* key : {"mean", "std", "missing"}) {
      if (object.has(key)) object.fail(key, "no \"categories\" beside it, as they are no numbers");
    }
    std::vector<std::string> sorted = encoding.categories;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end()) object.fail("categories", "distinct texts");
    if (object.find_word("encoding", kEncodingStyles) == "ordinal") encoding.style = ColumnEncoding::Style::kOrdinal;
    if (object.find_word("handle_unknown", kUnknownTexts) == "ignore") {
      encoding.unknown = ColumnEncoding::Unknown::kIgnored;
      if (encoding.style == ColumnEncoding::Style::kOrdinal) {
        object.fail("handle_unknown", "\"encoding\": \"one-hot\", where an unknown text is all zeros");
      }
    }
    return encoding;
  }
  for (const char* key : {"encoding", "handle_unknown"}) {
    if (object.has(key)) object.fail(key, "\"categories\" beside it");
  }
  encoding.mean = number_of(object, "mean", 0.0);
  encoding.std = number_of(object, "std", 1.0);
  if (encoding.std == 0.0) object.fail("std", "a number other than 0");
  if (object.has("missing")) encoding.missing = number_of(object, "missing", 0.0);
  return encoding;
}

void reject_key(const JsonObject& modality, const char* key, const std::string& users, const std::string& kind) {
  if (!modality.has(key)) return;
  throw ConfigError(modality.where(key) + ": expected a modality of kind " + users + ", got " + kind +
                    ", which does not read it");
}

/// The steps of sounds, and the samples of every sound from one of two keys.
void read_sound(JsonObject& modality, const std::filesystem::path& folder, RawConfig& raw) {
  const Json* const preprocessing = modality.find("preprocessing");
  if (preprocessing != nullptr && preprocessing->is_string()) {
    raw.preprocessing_file = (folder / *modality.find_string("preprocessing")).lexically_normal();
    raw.sound = read_feature_extractor_file(*raw.preprocessing_file);
  } else if (preprocessing != nullptr) {
    raw.sound = read_sound_steps(JsonObject(*preprocessing, modality.where("preprocessing")));
  }
  if (raw.max_length) raw.sound.length = raw.max_length;
  const Json* const seconds = modality.find("max_seconds");
  if (seconds == nullptr) return;
  if (raw.max_length) modality.fail("max_seconds", "none beside \"max_length\", which is the same in samples");
  if (!raw.sound.sample_rate) {
    modality.fail("max_seconds", "\"sample_rate\" in its preprocessing, from which the number of samples follows");
  }
  const auto rate = static_cast<double>(*raw.sound.sample_rate);
  const double samples = seconds->is_number() ? std::round(seconds->get<double>() * rate) : 0.0;
  if (!(samples >= 1.0 && samples <= static_cast<double>(kMostSoundNumbers))) {
    modality.fail("max_seconds", "a time of 1 to " + std::to_string(kMostSoundNumbers) + " samples");
  }
  raw.sound.length = static_cast<std::size_t>(samples);
}

}  // namespace

const std::vector<std::string>& raw_keys() {
  static const std::vector<std::string> keys = {"column", "tokenizer", "max_length", "max_seconds", "preprocessing"};
  return keys;
}

RawConfig read_raw(JsonObject& modality, const std::string& kind, const std::filesystem::path& folder) {
  RawConfig raw;
  for (const std::string& key : raw_keys()) {
    if (!raw.first_key && modality.has(key)) raw.first_key = key;
  }
  if (!raw.first_key) return raw;
  const bool is_image = kind == "image";
  const bool is_columns = kind == "columns";
  const bool is_sound = kind == "audio";
  if (kind != "tokens") reject_key(modality, "tokenizer", "tokens", kind);
  if (!is_sound) reject_key(modality, "max_seconds", "audio", kind);
  if (!is_sound && kind != "tokens") reject_key(modality, "max_length", "tokens or audio", kind);
  if (!is_image && !is_sound && kind != "tokens") reject_key(modality, "column", "image, tokens or audio", kind);
  if (!is_image && !is_sound && !is_columns) {
    reject_key(modality, "preprocessing", "image, audio or columns", kind);
  }
  raw.column = modality.find_string("column");
  if (const auto tokenizer = modality.find_string("tokenizer"))
    raw.tokenizer = (folder / *tokenizer).lexically_normal();
  if (const auto length = modality.find_count("max_length")) {
    const std::uint64_t most = is_sound ? kMostSoundNumbers : std::uint64_t{1} << 20U;
    if (*length < 1 || *length > most) modality.fail("max_length", "1 to " + std::to_string(most));
    raw.max_length = static_cast<std::size_t>(*length);
  }
  const Json* preprocessing = modality.find("preprocessing");
  if (is_sound) {
    read_sound(modality, folder, raw);
    return raw;
  }
  if (preprocessing == nullptr) return raw;
  if (is_image && preprocessing->is_string()) {
    raw.preprocessing_file = (folder / *modality.find_string("preprocessing")).lexically_normal();
    raw.picture = read_preprocessor_file(*raw.preprocessing_file);
  } else if (is_image) {
    raw.picture = read_picture_steps(JsonObject(*preprocessing, modality.where("preprocessing")));
  } else {
    const JsonObject columns(*preprocessing, modality.where("preprocessing"));
    for (const auto& [name, steps] : preprocessing->items()) {
      raw.encodings.push_back(read_encoding(name, JsonObject(steps, columns.where(name))));
    }
  }
  return raw;
}

}  // namespace modattr
