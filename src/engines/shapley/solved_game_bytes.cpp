#include "solved_game_bytes.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "modattr/engines/open_examples.h"
#include "modattr/engines/shapley/estimators/pair_index.h"

namespace modattr {

void put_values(const ModalityValues& values, std::size_t example, ByteWriter& writer) {
  writer.put_count(values.evaluations_per_example);
  writer.put_count(values.number_count);
  std::vector<double> numbers;
  for (std::size_t row = 0; row < values.values.row_count(); ++row) {
    const auto of_coalition = values.values.row(row).subspan(example * values.number_count, values.number_count);
    numbers.insert(numbers.end(), of_coalition.begin(), of_coalition.end());
  }
  writer.put_numbers(numbers);
}

ModalityValues take_values(const ModalityCoalitions& asked, std::span<ByteReader> readers) {
  ModalityValues result;
  for (std::size_t example = 0; example < readers.size(); ++example) {
    ByteReader& reader = readers[example];
    const std::uint64_t evaluation_count = reader.take_count();
    const std::uint64_t number_count = reader.take_count();
    if (example == 0) {
      expect_sizes(number_count == 1 || number_count == 2);
      result = {.number_count = number_count,
                .evaluations_per_example = evaluation_count,
                .values = Matrix(asked.coalitions.size(), readers.size() * number_count)};
    }
    const NumbersView numbers = reader.take_numbers();
    expect_sizes(evaluation_count == result.evaluations_per_example && number_count == result.number_count &&
                 numbers.size() == asked.coalitions.size() * number_count);
    for (std::size_t place = 0; place < numbers.size(); ++place) {
      result.values(place / number_count, example * number_count + place % number_count) = numbers[place];
    }
  }
  return result;
}

void put_solved(const ExampleContributions& solved, ByteWriter& writer) {
  writer.put_number(solved.value_empty);
  writer.put_number(solved.value_full);
  writer.put_numbers(solved.modalities);
  writer.put_numbers(solved.modality_pairs);
}

SolvedGames take_solved(std::size_t modality_count, std::span<ByteReader> readers) {
  std::vector<SolvedGame> games;
  Matrix ends(2, readers.size());
  for (std::size_t example = 0; example < readers.size(); ++example) {
    ends(0, example) = readers[example].take_number();
    ends(1, example) = readers[example].take_number();
    const NumbersView values = readers[example].take_numbers();
    const NumbersView pairs = readers[example].take_numbers();
    expect_sizes(values.size() == modality_count && pairs.size() == pair_count_of(modality_count));
    SolvedGame game{.values = std::vector<double>(modality_count),
                    .std_errors = std::vector<double>(modality_count, 0.0),
                    .pairs = std::vector<double>(pairs.size()),
                    .main_effects = {},
                    .method = "tree"};
    for (std::size_t place = 0; place < values.size(); ++place) game.values[place] = values[place];
    for (std::size_t place = 0; place < pairs.size(); ++place) game.pairs[place] = pairs[place];
    game.main_effects = game.values;
    std::size_t pair = 0;
    for (std::size_t first = 0; first < modality_count; ++first) {
      for (std::size_t second = first + 1; second < modality_count; ++second, ++pair) {
        game.main_effects[first] -= game.pairs[pair] / 2.0;
        game.main_effects[second] -= game.pairs[pair] / 2.0;
      }
    }
    games.push_back(std::move(game));
  }
  return {std::move(games), std::move(ends)};
}

}  // namespace modattr
