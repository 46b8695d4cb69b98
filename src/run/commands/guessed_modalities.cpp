#include "guessed_modalities.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <span>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/data/array_tensor.h"
#include "modattr/masking/attention.h"

namespace modattr {
namespace {

/// The kind of modality that an array looks like.
std::string guess_kind(const Array& array) {
  const bool integral = is_integral(array);
  if (array.shape.size() == 4 && (array.shape[1] == 1 || array.shape[1] == 3 || array.shape[1] == 4)) return "image";
  if (array.shape.size() == 2 && integral && array.dtype != c10::ScalarType::Byte &&
      array.dtype != c10::ScalarType::Bool) {
    return "tokens";
  }
  if (array.shape.size() == 2) return "columns";
  if (array.shape.size() == 3 && array.shape[1] == 1) return "audio";
  return "tensor";
}

/// Whether this looks like pictures of height, width and channels.
bool has_channels_last(const Array& array) {
  if (array.shape.size() != 4 || guess_kind(array) != "tensor") return false;
  return array.shape[3] == 1 || array.shape[3] == 3 || array.shape[3] == 4;
}

/// Masks, segment and position ids belong to the tokens that they describe.
bool accompanies(const Array& array, const Array& tokens) {
  const auto has = [&](const char* part) { return array.name.find(part) != std::string::npos; };
  if (has("mask") && array.shape == tokens.shape) return true;
  return is_integral(array) && (has("mask") || has("token_type") || has("segment") || has("position") || has("length"));
}

bool is_mask(const Array& array) {
  return array.name.find("mask") != std::string::npos && array.shape.size() == 2 && is_integral(array);
}

/// Whether a padding mask has a place for each sample of these sounds.
bool is_as_long(const Array& mask, const Array& sounds) {
  return guess_kind(sounds) == "audio" && sounds.shape.back() == mask.shape[1];
}

/// The sounds that a mask belongs to: those of its length, where no tokens have it, too. What may be meant otherwise
/// goes to `warnings`.
const Array* masked_sounds(const Array& mask, const std::vector<const Array*>& inputs,
                           std::vector<std::string>& warnings) {
  if (!is_mask(mask)) return nullptr;
  const Array* sounds = nullptr;
  const Array* fitting = nullptr;
  bool is_of_tokens = false;
  bool has_tokens = false;
  for (const Array* other : inputs) {
    if (other == &mask) continue;
    if (guess_kind(*other) == "audio") sounds = other;
    if (is_as_long(mask, *other)) fitting = other;
    if (guess_kind(*other) != "tokens" || is_mask(*other) || !accompanies(mask, *other)) continue;
    has_tokens = true;
    is_of_tokens = is_of_tokens || mask.shape == other->shape;
  }
  if (fitting != nullptr && !is_of_tokens) return fitting;
  if (sounds != nullptr && has_tokens && (fitting != nullptr || !is_of_tokens)) {
    warnings.push_back("'" + mask.name + "' was taken for a mask of the tokens, but may be meant for the sounds of '" +
                       sounds->name + "': " + (fitting != nullptr ? "both are" : "neither is") +
                       " as long as it is; if so, move it to their inputs");
  }
  return nullptr;
}

/// Rows of an array, some at a time.
constexpr std::size_t kRowsPerRead = 1024;

using Counts = std::map<std::int64_t, std::size_t>;

std::optional<std::int64_t> commonest(const Counts& counts) {
  if (counts.empty()) return std::nullopt;
  return std::ranges::max_element(counts, {}, &Counts::value_type::second)->first;
}

/// The id that stands most often where the mask sees nothing.
std::optional<std::int64_t> id_without_attention(const Array& tokens, const AttentionMask& mask) {
  Counts counts;
  const auto width = static_cast<std::size_t>(tokens.shape[1]);
  for (std::size_t first = 0; first < tokens.row_count(); first += kRowsPerRead) {
    const std::size_t count = std::min(kRowsPerRead, tokens.row_count() - first);
    const std::vector<std::int64_t> ids = to_integers(rows_of(tokens, first, count));
    const std::vector<bool> seen = mask.read(first, count);
    for (std::size_t place = 0; place < count * width; ++place) {
      if (!seen[place]) ++counts[ids[place]];
    }
  }
  return commonest(counts);
}

/// The id that most often ends a row, where some row ends with it more than once and none has another id behind it.
std::optional<std::int64_t> trailing_id(const Array& tokens) {
  Counts counts;
  std::set<std::int64_t> repeated;
  std::set<std::int64_t> inside;
  const auto width = static_cast<std::size_t>(tokens.shape[1]);
  if (width < 2) return std::nullopt;
  for (std::size_t first = 0; first < tokens.row_count(); first += kRowsPerRead) {
    const std::size_t count = std::min(kRowsPerRead, tokens.row_count() - first);
    const std::vector<std::int64_t> ids = to_integers(rows_of(tokens, first, count));
    for (std::size_t row = 0; row < count; ++row) {
      const std::span<const std::int64_t> own = std::span(ids).subspan(row * width, width);
      std::size_t word_count = width - 1;
      while (word_count > 0 && own[word_count - 1] == own.back()) --word_count;
      ++counts[own.back()];
      if (word_count + 1 < width) repeated.insert(own.back());
      inside.insert(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(word_count));
    }
  }
  std::erase_if(counts,
                [&](const auto& entry) { return !repeated.contains(entry.first) || inside.contains(entry.first); });
  return commonest(counts);
}

/// Sets the ids that are no words.
void guess_special_ids(Json& modality, const Array& tokens, const std::vector<const Array*>& companions,
                       const std::string& key, std::vector<Guess>& guesses) {
  for (const Array* companion : companions) {
    const std::optional<AttentionMask> mask = AttentionMask::find(*companion, tokens);
    if (!mask) continue;
    if (const std::optional<std::int64_t> id = id_without_attention(tokens, *mask)) {
      modality["special_ids"] = {*id};
      guesses.push_back({key + ".special_ids", std::to_string(*id) + ", the padding: it stands where '" +
                                                   companion->name + "' sees nothing"});
    }
    return;
  }
  if (const std::optional<std::int64_t> id = trailing_id(tokens)) {
    modality["special_ids"] = {*id};
    guesses.push_back({key + ".special_ids", std::to_string(*id) + ", taken for the padding: rows of '" + tokens.name +
                                                 "' end with it, some more than once"});
  }
}

}  // namespace

Json guess_modalities(const std::vector<const Array*>& inputs, const std::optional<std::string>& vocab,
                      std::vector<Guess>& guesses, std::vector<std::string>& warnings) {
  Json modalities = Json::array();
  std::vector<bool> is_taken(inputs.size());
  bool has_tokens = false;
  std::vector<const Array*> sounds_of_mask;
  for (const Array* array : inputs) sounds_of_mask.push_back(masked_sounds(*array, inputs, warnings));
  for (std::size_t place = 0; place < inputs.size(); ++place) {
    const Array& array = *inputs[place];
    // The tokens that it describes may come later.
    const bool belongs = std::ranges::any_of(inputs, [&](const Array* other) {
      return other != &array && guess_kind(*other) == "tokens" && accompanies(array, *other) &&
             !accompanies(*other, array);
    });
    if (belongs || sounds_of_mask[place] != nullptr) continue;
    const std::string kind = guess_kind(array);
    const std::string key = "modalities[" + std::to_string(modalities.size()) + "]";
    const bool generic = kind == "tokens" && array.name == "input_ids";
    Json modality{{"name", generic ? "text" : array.name}, {"kind", kind}, {"inputs", {array.name}}};
    std::string text = "'" + array.name + "' " + describe(array) + " as " + kind;
    if (has_channels_last(array)) {
      text += ", every number a player of its own: an array '" + array.name +
              "__players' cuts pictures whose channels come last";
    }
    std::vector<const Array*> companions;
    for (std::size_t other = 0; kind == "tokens" && other < inputs.size(); ++other) {
      if (other == place || is_taken[other] || sounds_of_mask[other] != nullptr ||
          !accompanies(*inputs[other], array) || accompanies(array, *inputs[other])) {
        continue;
      }
      is_taken[other] = true;
      companions.push_back(inputs[other]);
      modality["inputs"].push_back(inputs[other]->name);
      text += (companions.size() == 1 ? " with '" : ", '") + inputs[other]->name + "'";
    }
    for (std::size_t mask = 0; mask < inputs.size(); ++mask) {
      if (sounds_of_mask[mask] != &array) continue;
      modality["inputs"].push_back(inputs[mask]->name);
      text += " with '" + inputs[mask]->name + "', which is as long";
    }
    guesses.push_back({key, text});
    if (kind == "tokens") {
      if (vocab && !has_tokens) modality["vocab"] = *vocab;
      has_tokens = true;
      guess_special_ids(modality, array, companions, key, guesses);
    }
    modalities.push_back(std::move(modality));
  }
  if (vocab && !has_tokens) {
    throw ConfigError(option("vocab") +
                      ": expected token ids, int64[N, positions], that it has the words of, got none");
  }
  return modalities;
}

}  // namespace modattr
