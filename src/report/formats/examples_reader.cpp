#include "modattr/report/formats/examples_reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "json_field.h"
#include "json_text.h"
#include "modattr/core/error.h"
#include "modattr/report/pixel_region.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;
using Names = std::vector<std::string>;

/// The next line without its end, which the last one may lack; false behind the last one.
bool read_line(std::istream& lines, const std::string& where, std::string& line) {
  using Traits = std::istream::traits_type;
  line.clear();
  try {
    if (!lines) throw DataError(where + ": expected a file that can be read, got none");
    for (;;) {
      const auto byte = lines.rdbuf()->sbumpc();
      if (Traits::eq_int_type(byte, Traits::eof())) return !line.empty();
      if (byte == '\n') return true;
      if (line.size() == kMostJsonBytes) {
        throw DataError(where + ": expected lines of at most " + std::to_string(kMostJsonBytes) +
                        " bytes, got a longer one");
      }
      line += Traits::to_char_type(byte);
    }
  } catch (const std::ios_base::failure&) {
    throw DataError(where + ": expected a file that can be read, got an error of the disk");
  }
}

std::size_t modality_of(const JsonField& field, const Names& modalities) {
  const auto found = std::ranges::find(modalities, field.text());
  if (found == modalities.end()) field.fail("a modality of the table");
  return static_cast<std::size_t>(found - modalities.begin());
}

/// A text, or a whole number that the writer made of one.
std::string id_of(const JsonField& field) {
  if (!field.value().is_number_integer()) {
    if (!field.value().is_string()) field.fail("a text or a whole number");
    return field.text();
  }
  if (field.value().is_number_unsigned() &&
      field.value().get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    field.fail("a whole number below 2^63");
  return std::to_string(field.value().get<std::int64_t>());
}

std::vector<double> modality_scores(const JsonField& field, const Names& modalities) {
  const std::vector<JsonField> members = field.members();
  for (const JsonField& member : members) {
    if (std::ranges::find(modalities, member.key()) == modalities.end()) field.fail("only modalities of the table");
  }
  std::vector<double> scores;
  for (std::size_t modality = 0; modality < std::min(members.size(), modalities.size()); ++modality) {
    scores.push_back(field.member(modalities[modality]).number());
  }
  return scores;
}

std::vector<double> interactions(const JsonField& field, const Names& modalities) {
  const std::size_t member_count = field.members().size();
  std::vector<double> scores;
  for (std::size_t first = 0; member_count > 0 && first < modalities.size(); ++first) {
    for (std::size_t second = first + 1; second < modalities.size(); ++second) {
      scores.push_back(field.member(modalities[first] + "|" + modalities[second]).number());
    }
  }
  if (member_count > scores.size()) field.fail("only pairs of modalities of the table");
  return scores;
}

std::vector<ExampleText> texts_of(const JsonField& field, const Names& modalities) {
  std::vector<ExampleText> texts;
  for (const JsonField& member : field.members()) {
    const auto found = std::ranges::find(modalities, member.key());
    if (found == modalities.end()) field.fail("only modalities of the table");
    texts.push_back({static_cast<std::size_t>(found - modalities.begin()), member.text()});
  }
  return texts;
}

PixelRegion region_of(const JsonField& field) {
  const std::vector<JsonField> size = field.member("size").elements();
  if (size.size() != 2) field.member("size").fail("[height, width]");
  std::optional<PixelRegion> region = from_coco_counts(field.member("counts").text(), size[0].count(), size[1].count());
  if (!region) field.member("counts").fail("COCO's run lengths of a mask of that size");
  return std::move(*region);
}

PlayerScore player_score(const JsonField& field, const Names& modalities) {
  PlayerScore player{.modality = modality_of(field.member("modality"), modalities),
                     .player = field.member("player").count(),
                     .label = field.member("name").text(),
                     .value = field.member("value").number(),
                     .std_error = field.member("std_error").number_or_null()};
  if (field.has("row")) {
    player.patch = {.row = field.member("row").count(),
                    .column = field.member("column").count(),
                    .height = field.member("height").count(),
                    .width = field.member("width").count()};
  }
  if (field.has("start_seconds")) {
    player.time = {.start = field.member("start_seconds").number(), .end = field.member("end_seconds").number()};
  }
  if (field.has("segmentation")) player.region = region_of(field.member("segmentation"));
  if (field.has("ci95")) player.ci95 = field.member("ci95").interval();
  return player;
}

PairScore::Player pair_player(const JsonField& field, const Names& modalities) {
  return {.modality = modality_of(field.member("modality"), modalities),
          .player = field.member("player").count(),
          .label = field.member("name").text()};
}

/// Index of a player that a pair names.
std::uint32_t player_index(const JsonField& field, const Names& modalities, std::span<const PlayerScore> players) {
  const PairScore::Player named = pair_player(field, modalities);
  const auto is_named = [&](const PlayerScore& player) {
    return player.modality == named.modality && player.player == named.player && player.label == named.label;
  };
  const auto found = std::ranges::find_if(players, is_named);
  if (found == players.end()) field.fail("a player of the example");
  return static_cast<std::uint32_t>(found - players.begin());
}

PlayerInteractions player_interactions(const JsonField& field, const Names& modalities,
                                       std::span<const PlayerScore> players) {
  PlayerInteractions interactions{
      .definition = field.member("definition").text(), .method = field.member("method").text(), .pairs = {}};
  for (const JsonField& pair : field.member("pairs").elements()) {
    const std::vector<JsonField> named = pair.member("players").elements();
    if (named.size() != 2) pair.member("players").fail("a list of 2");
    interactions.pairs.push_back({.first = player_index(named[0], modalities, players),
                                  .second = player_index(named[1], modalities, players),
                                  .value = pair.member("value").number(),
                                  .std_error = pair.member("std_error").number_or_null()});
  }
  return interactions;
}

SurrogateReport surrogate_report(const JsonField& line, const std::string& kind, const Names& modalities) {
  SurrogateReport surrogate{.kind = kind,
                            .intercept = line.member("intercept").number(),
                            .local_prediction = line.member("local_prediction").number(),
                            .r2 = line.member("r2").number_or_null(),
                            .held_out_count = line.member("held_out").count_or_null(),
                            .stability = line.member("stability").number_or_null(),
                            .pairs = {},
                            .rules = {}};
  for (const JsonField& pair : line.member("pairs").elements()) {
    const std::vector<JsonField> players = pair.member("players").elements();
    if (players.size() != 2) pair.member("players").fail("a list of 2");
    surrogate.pairs.push_back({.first = pair_player(players[0], modalities),
                               .second = pair_player(players[1], modalities),
                               .value = pair.member("value").number(),
                               .std_error = pair.member("std_error").number_or_null()});
  }
  for (const JsonField& rule : line.member("rules").elements()) {
    surrogate.rules.push_back({.condition = rule.member("condition").text(),
                               .value = rule.member("value").number(),
                               .weight_share = rule.member("weight").number()});
  }
  return surrogate;
}

Detail detail_of(const JsonField& field) {
  const Json& value = field.value();
  Detail detail{.name = field.key(), .value = {}};
  if (value.is_object()) {
    Detail::Object& object = detail.value.emplace<Detail::Object>();
    for (const JsonField& member : field.members()) object.members.push_back(detail_of(member));
  } else if (value.is_array()) {
    Detail::List& list = detail.value.emplace<Detail::List>();
    for (const JsonField& element : field.elements()) list.values.push_back(detail_of(element));
  } else if (value.is_string()) {
    detail.value = value.get<std::string>();
  } else if (value.is_boolean()) {
    detail.value = value.get<bool>();
  } else if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    field.fail("a whole number below 2^63");
  } else if (value.is_number_integer()) {
    detail.value = value.get<std::int64_t>();
  } else if (value.is_number()) {
    detail.value = value.get<double>();
  }
  return detail;
}

void read_names(const JsonField& line, const Names& modalities, ExampleRecord& record) {
  if (line.has("label_name")) {
    record.label_name = line.member("label_name").text_or_null();
    record.predicted_name = line.member("predicted_name").text_or_null();
    record.target_name = line.member("target_name").text_or_null();
  }
  if (line.has("label_names")) {
    std::vector<std::string>& names = record.label_names.emplace();
    for (const JsonField& name : line.member("label_names").elements()) names.push_back(name.text());
  }
  if (line.has("run")) record.run = line.member("run").text();
  // Files of older versions have none.
  if (line.has("group")) record.group = line.member("group").text_or_null();
  if (line.has("texts")) record.texts = texts_of(line.member("texts"), modalities);
}

ExampleRecord record_of(const JsonField& line, const Names& modalities) {
  ExampleRecord record{.id = id_of(line.member("id")),
                       .label = line.member("label").number_or_null(),
                       .predicted = line.member("predicted").count_or_null(),
                       .target = line.member("target").count_or_null(),
                       .attribution = {}};
  read_names(line, modalities, record);
  // The whole set has nothing but the word.
  if (record.id == "all" && !record.label && !record.predicted && !record.target) record.id.reset();
  ExampleAttribution& attribution = record.attribution;
  attribution.value_full = line.member("value_full").number();
  attribution.value_empty = line.member("value_empty").number();
  attribution.efficiency_gap = line.member("efficiency_gap").number();
  attribution.modalities = modality_scores(line.member("modalities"), modalities);
  attribution.interactions = interactions(line.member("interactions"), modalities);
  for (const JsonField& player : line.member("players").elements()) {
    attribution.players.push_back(player_score(player, modalities));
  }
  attribution.evaluation_count = line.member("evaluations").count();
  attribution.method = line.member("method").text();
  if (line.has("player_interactions")) {
    attribution.player_interactions =
        player_interactions(line.member("player_interactions"), modalities, attribution.players);
  }
  const bool has_surrogate = std::ranges::any_of(kSurrogateKeys, [&](std::string_view key) { return line.has(key); });
  if (has_surrogate) attribution.surrogate = surrogate_report(line, attribution.method, modalities);
  for (const JsonField& member : line.members()) {
    const bool is_known = std::ranges::find(kExampleKeys, member.key()) != kExampleKeys.end() ||
                          std::ranges::find(kSurrogateKeys, member.key()) != kSurrogateKeys.end();
    if (!is_known) attribution.details.push_back(detail_of(member));
  }
  return record;
}

/// The keys of a line of trace.jsonl that are no details.
constexpr std::array<std::string_view, 11> kTraceKeys = {"label_names", "id",        "run",        "group",
                                                         "label",       "predicted", "label_name", "predicted_name",
                                                         "target_name", "texts",     "evaluations"};

ExampleRecord traced_record_of(const JsonField& line, const Names& modalities) {
  const JsonField id = line.member("id");
  ExampleRecord record{.id = id.value().is_null() ? std::nullopt : std::optional(id_of(id)),
                       .label = line.member("label").number_or_null(),
                       .predicted = line.member("predicted").count_or_null(),
                       .target = std::nullopt,
                       .attribution = {}};
  read_names(line, modalities, record);
  record.attribution.evaluation_count = line.member("evaluations").count();
  record.attribution.method = std::string(kTraceMethod);
  line.member("verdict").text_or_null();
  for (const JsonField& member : line.members()) {
    const bool is_known = std::ranges::find(kTraceKeys, member.key()) != kTraceKeys.end();
    if (!is_known) record.attribution.details.push_back(detail_of(member));
  }
  return record;
}

/// Names as the writers write them: what is not UTF-8 was replaced.
Names written_names(const Names& modalities) {
  Names names;
  for (const std::string& name : modalities) names.push_back(Json::parse(to_line(Json(name))));
  return names;
}

}  // namespace

ExamplesReader::ExamplesReader(std::istream& lines, std::string file, const std::vector<std::string>& modalities)
    : lines_(lines), file_(std::move(file)), modalities_(written_names(modalities)) {}

std::optional<ExampleRecord> ExamplesReader::next() {
  const std::string where = file_ + ":" + std::to_string(line_count_ + 1);
  std::string text;
  if (!read_line(lines_, where, text)) return std::nullopt;
  const Json parsed = parse_result(text, where);
  ExampleRecord record = record_of(JsonField(parsed, where), modalities_);
  record.attribution.example = static_cast<std::uint32_t>(line_count_++);
  return record;
}

TraceReader::TraceReader(std::istream& lines, std::string file, const std::vector<std::string>& modalities)
    : lines_(lines), file_(std::move(file)), modalities_(written_names(modalities)) {}

std::optional<ExampleRecord> TraceReader::next() {
  const std::string where = file_ + ":" + std::to_string(line_count_ + 1);
  std::string text;
  if (!read_line(lines_, where, text)) return std::nullopt;
  const Json parsed = parse_result(text, where);
  ExampleRecord record = traced_record_of(JsonField(parsed, where), modalities_);
  record.attribution.example = static_cast<std::uint32_t>(line_count_++);
  return record;
}

}  // namespace modattr
