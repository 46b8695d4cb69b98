#include "modattr/engines/attribution_bytes.h"

#include <limits>

#include "modattr/engines/open_examples.h"

namespace modattr {
namespace {

void put_interval(ByteWriter& writer, const Interval& interval) {
  writer.put_number(interval.low);
  writer.put_number(interval.high);
}

Interval take_interval(ByteReader& reader) {
  Interval interval;
  interval.low = reader.take_number();
  interval.high = reader.take_number();
  return interval;
}

void put_player(ByteWriter& writer, const PlayerScore& player) {
  writer.put_count(player.modality);
  writer.put_count(player.player);
  writer.put_text(player.label);
  writer.put_number(player.value);
  writer.put_optional(player.std_error, &ByteWriter::put_number);
  writer.put_optional(player.ci95, put_interval);
}

PlayerScore take_player(ByteReader& reader) {
  PlayerScore player;
  player.modality = reader.take_count();
  player.player = reader.take_count();
  player.label = reader.take_text();
  player.value = reader.take_number();
  player.std_error = reader.take_optional(&ByteReader::take_number);
  player.ci95 = reader.take_optional(take_interval);
  return player;
}

void put_pair(ByteWriter& writer, const PairScore& pair) {
  for (const PairScore::Player* const player : {&pair.first, &pair.second}) {
    writer.put_count(player->modality);
    writer.put_count(player->player);
    writer.put_text(player->label);
  }
  writer.put_number(pair.value);
  writer.put_optional(pair.std_error, &ByteWriter::put_number);
}

PairScore take_pair(ByteReader& reader) {
  PairScore pair;
  for (PairScore::Player* const player : {&pair.first, &pair.second}) {
    player->modality = reader.take_count();
    player->player = reader.take_count();
    player->label = reader.take_text();
  }
  pair.value = reader.take_number();
  pair.std_error = reader.take_optional(&ByteReader::take_number);
  return pair;
}

void put_interaction(ByteWriter& writer, const PlayerInteraction& pair) {
  writer.put_count(pair.first);
  writer.put_count(pair.second);
  writer.put_number(pair.value);
  writer.put_optional(pair.std_error, &ByteWriter::put_number);
}

PlayerInteraction take_interaction(ByteReader& reader) {
  const std::uint64_t first = reader.take_count();
  const std::uint64_t second = reader.take_count();
  expect_sizes(first < second && second <= std::numeric_limits<std::uint32_t>::max());
  return {.first = static_cast<std::uint32_t>(first),
          .second = static_cast<std::uint32_t>(second),
          .value = reader.take_number(),
          .std_error = reader.take_optional(&ByteReader::take_number)};
}

void put_interactions(ByteWriter& writer, const PlayerInteractions& interactions) {
  writer.put_text(interactions.definition);
  writer.put_text(interactions.method);
  writer.put_list(interactions.pairs, put_interaction);
}

PlayerInteractions take_interactions(ByteReader& reader) {
  PlayerInteractions interactions;
  interactions.definition = reader.take_text();
  interactions.method = reader.take_text();
  interactions.pairs = reader.take_list(take_interaction);
  return interactions;
}

void put_rule(ByteWriter& writer, const SurrogateRule& rule) {
  writer.put_text(rule.condition);
  writer.put_number(rule.value);
  writer.put_number(rule.weight_share);
}

SurrogateRule take_rule(ByteReader& reader) {
  SurrogateRule rule;
  rule.condition = reader.take_text();
  rule.value = reader.take_number();
  rule.weight_share = reader.take_number();
  return rule;
}

void put_surrogate(ByteWriter& writer, const SurrogateReport& report) {
  writer.put_text(report.kind);
  writer.put_number(report.intercept);
  writer.put_number(report.local_prediction);
  writer.put_optional(report.r2, &ByteWriter::put_number);
  writer.put_optional(report.held_out_count, &ByteWriter::put_count);
  writer.put_optional(report.stability, &ByteWriter::put_number);
  writer.put_list(report.pairs, put_pair);
  writer.put_list(report.rules, put_rule);
}

SurrogateReport take_surrogate(ByteReader& reader) {
  SurrogateReport report;
  report.kind = reader.take_text();
  report.intercept = reader.take_number();
  report.local_prediction = reader.take_number();
  report.r2 = reader.take_optional(&ByteReader::take_number);
  report.held_out_count = reader.take_optional(&ByteReader::take_count);
  report.stability = reader.take_optional(&ByteReader::take_number);
  report.pairs = reader.take_list(take_pair);
  report.rules = reader.take_list(take_rule);
  return report;
}

}  // namespace

void put_attribution(const ExampleAttribution& attribution, ByteWriter& writer) {
  writer.put_number(attribution.value_full);
  writer.put_number(attribution.value_empty);
  writer.put_number(attribution.efficiency_gap);
  writer.put_numbers(attribution.modalities);
  writer.put_numbers(attribution.interactions);
  writer.put_list(attribution.players, put_player);
  writer.put_count(attribution.evaluation_count);
  writer.put_text(attribution.method);
  writer.put_optional(attribution.player_interactions, put_interactions);
  writer.put_optional(attribution.surrogate, put_surrogate);
}

ExampleAttribution take_attribution(std::uint32_t example, std::size_t modality_count, ByteReader& reader) {
  ExampleAttribution attribution;
  attribution.example = example;
  attribution.value_full = reader.take_number();
  attribution.value_empty = reader.take_number();
  attribution.efficiency_gap = reader.take_number();
  attribution.modalities = reader.take_numbers().to_vector();
  attribution.interactions = reader.take_numbers().to_vector();
  attribution.players = reader.take_list(take_player);
  attribution.evaluation_count = reader.take_count();
  attribution.method = reader.take_text();
  attribution.player_interactions = reader.take_optional(take_interactions);
  attribution.surrogate = reader.take_optional(take_surrogate);
  expect_sizes(attribution.modalities.size() == modality_count);
  for (const PlayerScore& player : attribution.players) expect_sizes(player.modality < modality_count);
  if (!attribution.player_interactions) return attribution;
  for (const PlayerInteraction& pair : attribution.player_interactions->pairs) {
    expect_sizes(pair.second < attribution.players.size());
  }
  return attribution;
}

}  // namespace modattr
