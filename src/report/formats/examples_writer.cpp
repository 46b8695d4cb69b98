#include "modattr/report/formats/examples_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "json_text.h"
#include "modattr/report/pixel_region.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

/// Ids that are whole numbers are written as numbers.
Json id_of(const std::string& id) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  // "007" and "-0" stay what they are.
  const bool is_number = error == std::errc{} && end == id.data() + id.size() && std::to_string(number) == id;
  return is_number ? Json(number) : Json(to_valid_utf8(id));
}

/// Class labels are whole numbers.
Json label_of(const ExampleRecord& record) {
  if (!record.label) return nullptr;
  constexpr double kLargestClass = 9007199254740992.0;
  const bool has_classes = record.predicted.has_value() || record.label_name.has_value();
  const bool is_class =
      has_classes && std::trunc(*record.label) == *record.label && std::abs(*record.label) <= kLargestClass;
  return is_class ? Json(static_cast<std::int64_t>(*record.label)) : number_or_null(record.label);
}

Json player_of(const PairScore::Player& player, const std::vector<std::string>& modalities) {
  return {{"modality", modalities[player.modality]}, {"player", player.player}, {"name", player.label}};
}

Json player_of(const PlayerScore& player, const std::vector<std::string>& modalities) {
  return player_of(PairScore::Player{player.modality, player.player, player.label}, modalities);
}

Json pair_of(Json first, Json second, double value, std::optional<double> std_error) {
  return {{"players", Json::array({std::move(first), std::move(second)})},
          {"value", number_or_null(value)},
          {"std_error", number_or_null(std_error)}};
}

Json interactions_of(const ExampleAttribution& attribution, const std::vector<std::string>& modalities) {
  const PlayerInteractions& interactions = *attribution.player_interactions;
  Json document = {{"definition", interactions.definition}, {"method", interactions.method}, {"pairs", Json::array()}};
  for (const PlayerInteraction& pair : interactions.pairs) {
    document["pairs"].push_back(pair_of(player_of(attribution.players.at(pair.first), modalities),
                                        player_of(attribution.players.at(pair.second), modalities), pair.value,
                                        pair.std_error));
  }
  return document;
}

void add_surrogate(const SurrogateReport& surrogate, const std::vector<std::string>& modalities, Json& document) {
  document["intercept"] = number_or_null(surrogate.intercept);
  document["r2"] = number_or_null(surrogate.r2);
  document["local_prediction"] = number_or_null(surrogate.local_prediction);
  document["stability"] = number_or_null(surrogate.stability);
  document["held_out"] = surrogate.held_out_count ? Json(*surrogate.held_out_count) : Json(nullptr);
  document["pairs"] = Json::array();
  for (const PairScore& pair : surrogate.pairs) {
    document["pairs"].push_back(
        pair_of(player_of(pair.first, modalities), player_of(pair.second, modalities), pair.value, pair.std_error));
  }
  document["rules"] = Json::array();
  for (const SurrogateRule& rule : surrogate.rules) {
    document["rules"].push_back({{"condition", rule.condition},
                                 {"value", number_or_null(rule.value)},
                                 {"weight", number_or_null(rule.weight_share)}});
  }
}

Json value_of(const Detail& detail);

/// `taken`: a key that `document` may get later.
void add_detail(const Detail& detail, std::span<const std::string_view> taken, Json& document) {
  if (document.contains(detail.name) || std::ranges::find(taken, detail.name) != taken.end()) {
    throw std::logic_error("detail '" + detail.name + "': expected a name of its own");
  }
  document[detail.name] = value_of(detail);
}

Json value_of(const Detail& detail) {
  if (const auto* list = std::get_if<Detail::List>(&detail.value)) {
    Json values = Json::array();
    for (const Detail& value : list->values) values.push_back(value_of(value));
    return values;
  }
  if (const auto* object = std::get_if<Detail::Object>(&detail.value)) {
    Json members = Json::object();
    for (const Detail& member : object->members) add_detail(member, {}, members);
    return members;
  }
  if (const auto* text = std::get_if<std::string>(&detail.value)) return *text;
  if (const auto* number = std::get_if<double>(&detail.value)) return number_or_null(*number);
  if (const auto* integer = std::get_if<std::int64_t>(&detail.value)) return *integer;
  if (const auto* truth = std::get_if<bool>(&detail.value)) return *truth;
  return nullptr;
}

/// Keys that are there where something has a name, or words.
void add_names(const ExampleRecord& record, const std::vector<std::string>& modalities, Json& document) {
  const auto text_or_null = [](const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); };
  if (record.label_name || record.predicted_name || record.target_name) {
    document["label_name"] = text_or_null(record.label_name);
    document["predicted_name"] = text_or_null(record.predicted_name);
    document["target_name"] = text_or_null(record.target_name);
  }
  if (record.label_names) document["label_names"] = *record.label_names;
  for (const ExampleText& text : record.texts) document["texts"][modalities[text.modality]] = text.text;
}

Json group_of(const ExampleRecord& record) {
  return record.group ? Json(to_valid_utf8(*record.group)) : Json(nullptr);
}

Json document_of(const ExampleRecord& record, const std::vector<std::string>& modalities) {
  const ExampleAttribution& attribution = record.attribution;
  Json document;
  document["id"] = record.id ? id_of(*record.id) : Json("all");
  if (!record.run.empty()) document["run"] = record.run;
  document["group"] = group_of(record);
  document["label"] = label_of(record);
  document["predicted"] = record.predicted ? Json(*record.predicted) : Json(nullptr);
  document["target"] = record.target ? Json(*record.target) : Json(nullptr);
  add_names(record, modalities, document);
  document["value_full"] = number_or_null(attribution.value_full);
  document["value_empty"] = number_or_null(attribution.value_empty);
  document["efficiency_gap"] = number_or_null(attribution.efficiency_gap);
  document["modalities"] = Json::object();
  for (std::size_t modality = 0; modality < attribution.modalities.size(); ++modality) {
    document["modalities"][modalities[modality]] = number_or_null(attribution.modalities[modality]);
  }
  document["interactions"] = Json::object();
  std::size_t pair = 0;
  for (std::size_t first = 0; !attribution.interactions.empty() && first < modalities.size(); ++first) {
    for (std::size_t second = first + 1; second < modalities.size(); ++second, ++pair) {
      document["interactions"][modalities[first] + "|" + modalities[second]] =
          number_or_null(attribution.interactions[pair]);
    }
  }
  document["players"] = Json::array();
  for (const PlayerScore& player : attribution.players) {
    Json entry = {{"modality", modalities[player.modality]},
                  {"player", player.player},
                  {"name", player.label},
                  {"value", number_or_null(player.value)},
                  {"std_error", number_or_null(player.std_error)}};
    if (player.patch) {
      entry["row"] = player.patch->row;
      entry["column"] = player.patch->column;
      entry["height"] = player.patch->height;
      entry["width"] = player.patch->width;
    }
    if (player.time) {
      entry["start_seconds"] = player.time->start;
      entry["end_seconds"] = player.time->end;
    }
    if (player.region) {
      entry["segmentation"] = {{"size", {player.region->height, player.region->width}},
                               {"counts", to_coco_counts(*player.region)}};
    }
    if (player.ci95) entry["ci95"] = {number_or_null(player.ci95->low), number_or_null(player.ci95->high)};
    document["players"].push_back(std::move(entry));
  }
  document["evaluations"] = attribution.evaluation_count;
  document["method"] = attribution.method;
  if (attribution.player_interactions) document["player_interactions"] = interactions_of(attribution, modalities);
  if (attribution.surrogate) add_surrogate(*attribution.surrogate, modalities, document);
  for (const Detail& detail : attribution.details) add_detail(detail, kSurrogateKeys, document);
  return document;
}

}  // namespace

std::string to_json_lines(const ScoreTable& table) {
  std::string text;
  for (const ExampleRecord& record : table.examples) {
    if (is_trace(record)) continue;
    text += escape_invisible(to_line(document_of(record, table.modalities))) + "\n";
  }
  return text;
}

std::string to_trace_lines(const ScoreTable& table) {
  std::string text;
  for (const ExampleRecord& record : table.examples) {
    if (!is_trace(record)) continue;
    Json document;
    document["id"] = record.id ? id_of(*record.id) : Json(nullptr);
    if (!record.run.empty()) document["run"] = record.run;
    document["group"] = group_of(record);
    document["label"] = label_of(record);
    document["predicted"] = record.predicted ? Json(*record.predicted) : Json(nullptr);
    add_names(record, table.modalities, document);
    for (const Detail& detail : record.attribution.details) add_detail(detail, {}, document);
    document["evaluations"] = record.attribution.evaluation_count;
    text += escape_invisible(to_line(document)) + "\n";
  }
  return text;
}

bool begins_like_trace_lines(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.starts_with(R"({"id":)") && line.find(R"(,"verdict":)") != std::string_view::npos &&
         line.find(R"(,"evidence":)") != std::string_view::npos;
}

bool begins_like_json_lines(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.starts_with(R"({"id":)") && line.find(R"(,"value_full":)") != std::string_view::npos &&
         line.find(R"(,"efficiency_gap":)") != std::string_view::npos;
}

}  // namespace modattr
