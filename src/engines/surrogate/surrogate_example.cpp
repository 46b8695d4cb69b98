#include "modattr/engines/surrogate/surrogate_example.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "modattr/engines/attribution_bytes.h"
#include "modattr/engines/open_examples.h"

namespace modattr {
namespace {

std::vector<SurrogateRule> rules_of(const RegressionTree& tree, std::span<const std::string> names) {
  std::vector<SurrogateRule> rules;
  for (const RegressionTree::Leaf& leaf : tree.leaves()) {
    std::string text;
    for (const auto& [column, value] : leaf.conditions) {
      text += (text.empty() ? "" : ", ") + std::string(value == 0.0 ? "no " : "") + names[column];
    }
    rules.push_back({text.empty() ? "always" : text, leaf.value, leaf.weight_share});
  }
  return rules;
}

/// A word that stands in a text before gets a number: "text 'the' (2)".
void number_repeated(std::vector<std::string>& names) {
  const std::string name = names.back();
  std::size_t count = 1;
  for (std::size_t place = 0; place + 1 < names.size(); ++place) {
    const bool is_numbered = names[place].starts_with(name + " (");
    if (names[place] == name || is_numbered) ++count;
  }
  if (count > 1) names.back() += " (" + std::to_string(count) + ")";
}

}  // namespace

SurrogateExample describe(ExampleGames& games, const Players& modalities, std::uint32_t number, LocalExplanation solved,
                          SurrogateKind kind) {
  ExampleAttribution result;
  result.example = number;
  result.value_full = solved.value_full;
  result.value_empty = solved.value_empty;
  result.evaluation_count = solved.evaluation_count;
  result.method = surrogate_names()[static_cast<std::size_t>(kind)];
  result.modalities.assign(games.modality_count(), 0.0);
  SurrogateReport report{.kind = result.method,
                         .intercept = solved.surrogate.intercept,
                         .local_prediction = solved.local_prediction,
                         .r2 = solved.r2,
                         .held_out_count = solved.is_whole ? std::nullopt : std::optional(solved.held_out_count),
                         .stability = solved.stability,
                         .pairs = {},
                         .rules = {}};

  std::vector<PairScore::Player> players;
  std::vector<std::string> names;
  for (std::size_t place = 0; place < solved.players.size(); ++place) {
    const std::size_t modality = solved.modality_of_player[place];
    const bool is_first = place == 0 || solved.modality_of_player[place - 1] != modality;
    const std::size_t own = is_first ? 0 : players.back().player + 1;
    players.push_back({modality, own, games.labels(number, modality)[own]});
    names.push_back(modalities.modality_name(modality) + " '" + players.back().label + "'");
    number_repeated(names);
    // A player that the surrogate leaves out adds nothing to its answers.
    result.players.push_back(
        {.modality = modality, .player = own, .label = players.back().label, .value = 0.0, .std_error = std::nullopt});
  }
  double sum = 0.0;
  for (const SurrogateTerm& term : solved.surrogate.terms) {
    const auto& [player, partner] = term.factor;
    sum += term.value;
    result.modalities[players[player].modality] += 0.5 * term.value;
    result.modalities[players[partner.value_or(player)].modality] += 0.5 * term.value;
    if (partner) {
      report.pairs.push_back({players[player], players[*partner], term.value, term.std_error});
    } else {
      result.players[player].value = term.value;
      result.players[player].std_error = term.std_error;
    }
  }
  std::ranges::stable_sort(report.pairs, std::greater<>(), [](const PairScore& pair) { return std::abs(pair.value); });
  result.efficiency_gap = solved.value_full - solved.value_empty - sum;
  if (solved.surrogate.tree) report.rules = rules_of(*solved.surrogate.tree, names);
  result.surrogate = std::move(report);
  return {.attribution = std::move(result),
          .shares = std::move(solved.shares),
          .share_errors = std::move(solved.share_errors),
          .fidelity_lost = std::move(solved.fidelity_lost)};
}

void put_surrogate_example(const SurrogateExample& example, ByteWriter& writer) {
  put_attribution(example.attribution, writer);
  writer.put_numbers(example.shares);
  writer.put_numbers(example.share_errors);
  writer.put_list(example.fidelity_lost, [](ByteWriter& to, const std::optional<double>& lost) {
    to.put_optional(lost, &ByteWriter::put_number);
  });
}

std::vector<SurrogateExample> take_surrogate_examples(std::size_t modality_count, std::span<ByteReader> readers) {
  const auto is_size = [&](std::size_t size) { return size == 0 || size == modality_count; };
  std::vector<SurrogateExample> examples;
  for (ByteReader& reader : readers) {
    SurrogateExample& example = examples.emplace_back();
    example.attribution = take_attribution(static_cast<std::uint32_t>(examples.size() - 1), modality_count, reader);
    example.shares = reader.take_numbers().to_vector();
    example.share_errors = reader.take_numbers().to_vector();
    example.fidelity_lost =
        reader.take_list([](ByteReader& from) { return from.take_optional(&ByteReader::take_number); });
    expect_sizes(example.attribution.surrogate && is_size(example.shares.size()) &&
                 is_size(example.share_errors.size()) && example.fidelity_lost.size() == modality_count);
  }
  return examples;
}

}  // namespace modattr
