#include "sound_reader.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace modattr {
namespace {

using SoundWords = std::vector<std::string>;

const SoundWords kSoundKeys = {"sample_rate", "channels",  "mel_spectrogram", "amplitude_to_db",
                               "log",         "normalize", "squeeze",         "transpose"};
const SoundWords kMelKeys = {"n_fft", "win_length", "hop_length", "f_min", "f_max",    "n_mels",
                             "power", "center",     "pad_mode",   "norm",  "mel_scale"};
const SoundWords kDecibelKeys = {"top_db", "stype"};
const SoundWords kLogKeys = {"min", "offset"};
const SoundWords kNormalKeys = {"mean", "std"};
constexpr std::size_t kMostTransform = 65536;
constexpr std::size_t kMostBands = 4096;

std::size_t count_of(JsonObject& object, const char* key, std::size_t otherwise, std::size_t least, std::size_t most) {
  const Json* const value = object.find(key);
  if (value == nullptr) return otherwise;
  const bool is_within =
      value->is_number_unsigned() && value->get<std::uint64_t>() >= least && value->get<std::uint64_t>() <= most;
  if (!is_within) object.fail(key, "a whole number, " + std::to_string(least) + " to " + std::to_string(most));
  return value->get<std::size_t>();
}

double real_of(JsonObject& object, const char* key, double otherwise) {
  const Json* const value = object.find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_number()) object.fail(key, "a number");
  return value->get<double>();
}

bool is_set(JsonObject& object, const char* key, bool otherwise) {
  const Json* const value = object.find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) object.fail(key, "true or false");
  return value->get<bool>();
}

MelStep read_mel(JsonObject mel, std::size_t sample_rate) {
  mel.reject_unknown(kMelKeys);
  MelStep step;
  step.n_fft = count_of(mel, "n_fft", 400, 2, kMostTransform);
  step.win_length = count_of(mel, "win_length", step.n_fft, 2, step.n_fft);
  step.hop_length = count_of(mel, "hop_length", step.win_length / 2, 1, kMostTransform);
  step.n_mels = count_of(mel, "n_mels", 128, 1, kMostBands);
  step.f_min = real_of(mel, "f_min", 0.0);
  const Json* const highest = mel.find("f_max");
  if (highest != nullptr && !highest->is_null()) step.f_max = real_of(mel, "f_max", 0.0);
  if (step.f_min < 0.0) mel.fail("f_min", "a frequency from 0 on");
  const std::size_t half_rate = sample_rate / 2;
  if (step.f_max.value_or(static_cast<double>(half_rate)) <= step.f_min) {
    mel.fail(mel.has("f_max") ? "f_max" : "f_min",
             "an \"f_min\" below \"f_max\", which is half of \"sample_rate\" by default");
  }
  step.power = real_of(mel, "power", 2.0);
  if (!(step.power > 0.0)) mel.fail("power", "a number above 0, such as 1 for amplitudes and 2 for powers");
  step.center = is_set(mel, "center", true);
  const SoundWords paddings = {"reflect", "constant"};
  if (mel.find_word("pad_mode", paddings) == "constant") step.padding = MelStep::Padding::kZeros;
  const SoundWords scales = {"htk", "slaney"};
  if (mel.find_word("mel_scale", scales) == "slaney") step.mel_scale = MelStep::MelScale::kSlaney;
  const Json* const norm = mel.find("norm");
  if (norm != nullptr && !norm->is_null()) {
    if (*norm != Json("slaney")) mel.fail("norm", "\"slaney\" or null");
    step.is_area_normalised = true;
  }
  return step;
}

void read_decibels(JsonObject& steps, SoundScale& scale) {
  const Json& value = *steps.find("amplitude_to_db");
  if (value == Json(false)) return;
  scale.kind = SoundScale::Kind::kDecibel;
  if (value == Json(true)) return;
  if (!value.is_object()) steps.fail("amplitude_to_db", "true, or an object with \"top_db\" and \"stype\"");
  JsonObject decibels(value, steps.where("amplitude_to_db"));
  decibels.reject_unknown(kDecibelKeys);
  if (decibels.has("top_db")) scale.top_db = real_of(decibels, "top_db", 0.0);
  if (scale.top_db && *scale.top_db < 0.0) decibels.fail("top_db", "a number from 0 on");
  const SoundWords types = {"power", "magnitude"};
  if (decibels.find_word("stype", types) == "magnitude") scale.decibels = 20.0;
}

void read_log(JsonObject& steps, SoundScale& scale) {
  const Json& value = *steps.find("log");
  if (!value.is_object()) steps.fail("log", "an object with \"min\" or \"offset\", which keep zeros from it");
  JsonObject log(value, steps.where("log"));
  log.reject_unknown(kLogKeys);
  scale.kind = SoundScale::Kind::kLogarithm;
  scale.least = real_of(log, "min", 0.0);
  scale.offset = real_of(log, "offset", 0.0);
  if (scale.least < 0.0) log.fail("min", "a number from 0 on");
  if (scale.offset < 0.0) log.fail("offset", "a number from 0 on");
  if (scale.least + scale.offset == 0.0) {
    steps.fail("log", "a \"min\" or an \"offset\" above 0, as silence has no logarithm");
  }
}

void read_normal(JsonObject& steps, SoundPreprocessing& result) {
  const Json& value = *steps.find("normalize");
  if (value.is_boolean()) {
    if (!value.get<bool>()) return;
    if (result.mel) steps.fail("normalize", "an object with \"mean\" and \"std\" of spectrograms");
    result.standardisation = SoundPreprocessing::Standardisation::kSound;
    return;
  }
  if (!value.is_object()) steps.fail("normalize", "true, or an object with \"mean\" and \"std\"");
  JsonObject normal(value, steps.where("normalize"));
  normal.reject_unknown(kNormalKeys);
  result.mean = static_cast<float>(real_of(normal, "mean", 0.0));
  result.std = static_cast<float>(real_of(normal, "std", 1.0));
  if (result.std == 0.0F) normal.fail("std", "a number other than 0");
}

}  // namespace

SoundPreprocessing read_sound_steps(JsonObject steps) {
  steps.reject_unknown(kSoundKeys);
  SoundPreprocessing result;
  const SoundWords channels = {"mono", "stored"};
  if (steps.find_word("channels", channels) == "stored") result.channels = SoundPreprocessing::Channels::kStored;
  if (steps.has("sample_rate")) result.sample_rate = count_of(steps, "sample_rate", 0, 1, kMostSampleRate);
  if (const Json* const mel = steps.find("mel_spectrogram")) {
    if (!result.sample_rate) steps.fail("mel_spectrogram", "\"sample_rate\" beside it, which its bands follow from");
    result.mel = read_mel(JsonObject(*mel, steps.where("mel_spectrogram")), *result.sample_rate);
  }
  for (const char* const key : {"amplitude_to_db", "log", "transpose"}) {
    if (steps.has(key) && !result.mel) steps.fail(key, "\"mel_spectrogram\" beside it");
  }
  if (steps.has("amplitude_to_db") && steps.has("log")) steps.fail("log", "none beside \"amplitude_to_db\"");
  if (steps.has("amplitude_to_db")) read_decibels(steps, result.scale);
  if (steps.has("log")) read_log(steps, result.scale);
  if (steps.has("normalize")) read_normal(steps, result);
  result.squeezes = is_set(steps, "squeeze", false);
  result.transposes = is_set(steps, "transpose", false);
  if (result.squeezes && result.channels == SoundPreprocessing::Channels::kStored) {
    steps.fail("squeeze", "\"channels\": \"mono\", whose one channel can be left out");
  }
  return result;
}

}  // namespace modattr
