#include "network_games.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "modattr/core/matrix.h"
#include "modattr/core/rng.h"

namespace modattr {
namespace {

using Vector = std::vector<double>;

double normal(RandomStream& stream) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - stream.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * stream.uniform());
}

/// Independent normal numbers with this standard deviation.
Matrix normal_matrix(std::size_t rows, std::size_t columns, double deviation, RandomStream& stream) {
  Matrix result(rows, columns);
  for (double& value : result.values()) value = deviation * normal(stream);
  return result;
}

/// A layer whose outputs vary as much as its inputs under ReLU.
Matrix layer(std::size_t outputs, std::size_t inputs, RandomStream& stream) {
  return normal_matrix(outputs, inputs, std::sqrt(2.0 / static_cast<double>(inputs)), stream);
}

Vector product(const Matrix& weights, const Vector& input) {
  Vector result(weights.row_count(), 0.0);
  for (std::size_t row = 0; row < result.size(); ++row) {
    for (std::size_t column = 0; column < input.size(); ++column) result[row] += weights(row, column) * input[column];
  }
  return result;
}

Vector relu(Vector values) {
  for (double& value : values) value = std::max(value, 0.0);
  return values;
}

/// Logit of a perceptron with six hidden layers; absent columns take a baseline value.
GameFormula perceptron_logit(std::size_t player_count, RandomStream& stream) {
  constexpr std::size_t kWidth = 32;
  const Matrix first = layer(kWidth, player_count, stream);
  std::vector<Matrix> hidden;
  for (int depth = 0; depth < 5; ++depth) hidden.push_back(layer(kWidth, kWidth, stream));
  const Matrix last = layer(1, kWidth, stream);
  Vector input(player_count);
  Vector baseline(player_count);
  for (double& value : input) value = normal(stream);
  for (double& value : baseline) value = 0.3 * normal(stream);
  return [=](const std::vector<bool>& present) {
    Vector mixed = baseline;
    for (std::size_t player = 0; player < present.size(); ++player) {
      if (present[player]) mixed[player] = input[player];
    }
    Vector values = relu(product(first, mixed));
    for (const Matrix& weights : hidden) values = relu(product(weights, values));
    return product(last, values).front();
  };
}

/// Its probability, which saturates.
GameFormula perceptron_probability(std::size_t player_count, RandomStream& stream) {
  const GameFormula logit = perceptron_logit(player_count, stream);
  return [=](const std::vector<bool>& present) { return 1.0 / (1.0 + std::exp(-6.0 * logit(present))); };
}

/// Two 3x3 convolutions with pooling and a hidden layer over a square of 16 patches of 3x3 pixels; absent patches are
/// grey.
GameFormula convolution(std::size_t player_count, RandomStream& stream) {
  constexpr std::size_t kPatch = 3;
  constexpr std::size_t kSide = 12;
  constexpr std::size_t kChannels = 5;
  constexpr std::size_t kHalf = kSide / 2;
  const Matrix first = layer(kChannels, 9, stream);
  const Matrix second = layer(8, 9 * kChannels, stream);
  const Matrix hidden = layer(24, 8, stream);
  const Matrix threshold = normal_matrix(1, 24, 0.5, stream);
  const Matrix last = layer(1, 24, stream);
  const Matrix bias = normal_matrix(1, kChannels, 0.3, stream);
  // Neighbouring pixels are alike, as in a picture.
  const Matrix coarse = normal_matrix(5, 5, 1.0, stream);
  Matrix image = normal_matrix(kSide, kSide, 0.4, stream);
  for (std::size_t y = 0; y < kSide; ++y) {
    for (std::size_t x = 0; x < kSide; ++x) image(y, x) += coarse(y / 3, x / 3) + 0.5;
  }
  return [=](const std::vector<bool>& present) {
    Matrix padded(kSide + 2, kSide + 2);
    for (std::size_t y = 0; y < kSide; ++y) {
      for (std::size_t x = 0; x < kSide; ++x) {
        const std::size_t patch = (y / kPatch) * 4 + x / kPatch;
        if (patch < player_count && present[patch]) padded(y + 1, x + 1) = image(y, x);
      }
    }
    std::vector<Matrix> pooled(kChannels, Matrix(kHalf + 2, kHalf + 2));
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      for (std::size_t y = 0; y < kSide; ++y) {
        for (std::size_t x = 0; x < kSide; ++x) {
          double sum = bias(0, channel);
          for (std::size_t tap = 0; tap < 9; ++tap) sum += first(channel, tap) * padded(y + tap / 3, x + tap % 3);
          double& cell = pooled[channel](y / 2 + 1, x / 2 + 1);
          cell = std::max(cell, sum);
        }
      }
    }
    Vector means(8, 0.0);
    for (std::size_t output = 0; output < means.size(); ++output) {
      for (std::size_t y = 0; y < kHalf; ++y) {
        for (std::size_t x = 0; x < kHalf; ++x) {
          double sum = 0.0;
          for (std::size_t channel = 0; channel < kChannels; ++channel) {
            for (std::size_t tap = 0; tap < 9; ++tap) {
              sum += second(output, 9 * channel + tap) * pooled[channel](y + tap / 3, x + tap % 3);
            }
          }
          means[output] += std::max(sum, 0.0) / (kHalf * kHalf);
        }
      }
    }
    Vector values = product(hidden, means);
    for (std::size_t k = 0; k < values.size(); ++k) values[k] -= threshold(0, k);
    return product(last, relu(values)).front();
  };
}

/// One attention block over the words that are present, then their mean and a hidden layer; absent words are gone.
GameFormula attention(std::size_t player_count, RandomStream& stream) {
  constexpr std::size_t kWidth = 12;
  const double deviation = 1.0 / std::sqrt(static_cast<double>(kWidth));
  const Matrix words = normal_matrix(player_count, kWidth, 1.0, stream);
  const Matrix start = normal_matrix(1, kWidth, 1.0, stream);
  const Matrix key = normal_matrix(kWidth, kWidth, deviation, stream);
  const Matrix value = normal_matrix(kWidth, kWidth, deviation, stream);
  const Matrix hidden = layer(24, kWidth, stream);
  const Matrix last = layer(1, 24, stream);
  std::vector<Vector> tokens(player_count + 1, Vector(start.row(0).begin(), start.row(0).end()));
  for (std::size_t player = 0; player < player_count; ++player) {
    tokens[player].assign(words.row(player).begin(), words.row(player).end());
  }
  const std::size_t count = tokens.size();
  Matrix scores(count, count);
  std::vector<Vector> values;
  for (std::size_t from = 0; from < count; ++from) {
    values.push_back(product(value, tokens[from]));
    const Vector keys = product(key, tokens[from]);
    for (std::size_t to = 0; to < count; ++to) {
      double sum = 0.0;
      for (std::size_t k = 0; k < kWidth; ++k) sum += tokens[to][k] * keys[k];
      scores(to, from) = std::exp(1.5 * sum);
    }
  }
  return [=](const std::vector<bool>& present) {
    Vector mean(kWidth, 0.0);
    double present_count = 0.0;
    for (std::size_t to = 0; to < count; ++to) {
      // The start token always stays.
      if (to < player_count && !present[to]) continue;
      Vector mixed(kWidth, 0.0);
      double norm = 0.0;
      for (std::size_t from = 0; from < count; ++from) {
        if (from < player_count && !present[from]) continue;
        norm += scores(to, from);
        for (std::size_t k = 0; k < kWidth; ++k) mixed[k] += scores(to, from) * values[from][k];
      }
      present_count += 1.0;
      for (std::size_t k = 0; k < kWidth; ++k) mean[k] += tokens[to][k] + 2.0 * mixed[k] / norm;
    }
    for (double& number : mean) number /= std::sqrt(present_count);
    return product(last, relu(product(hidden, mean))).front();
  };
}

/// The largest and the sum of every channel over the words that are present, and two hidden layers; absent words are
/// gone.
GameFormula bag_of_words(std::size_t player_count, RandomStream& stream) {
  constexpr std::size_t kWidth = 16;
  const Matrix words = normal_matrix(player_count, kWidth, 1.0, stream);
  const Matrix hidden = layer(kWidth, kWidth, stream);
  const Matrix second = layer(kWidth, kWidth, stream);
  const Matrix last = layer(1, kWidth, stream);
  return [=](const std::vector<bool>& present) {
    Vector largest(kWidth, 0.0);
    Vector sum(kWidth, 0.0);
    for (std::size_t player = 0; player < player_count; ++player) {
      if (!present[player]) continue;
      for (std::size_t k = 0; k < kWidth; ++k) {
        largest[k] = std::max(largest[k], words(player, k));
        sum[k] += 0.3 * words(player, k);
      }
    }
    for (std::size_t k = 0; k < kWidth; ++k) sum[k] += largest[k];
    return product(last, relu(product(second, relu(product(hidden, sum))))).front();
  };
}

/// Additive and pairwise parts, nothing else.
GameFormula pairwise(std::size_t player_count, RandomStream& stream) {
  const Matrix parts = normal_matrix(player_count, player_count, 1.0, stream);
  return [=](const std::vector<bool>& present) {
    double sum = 0.0;
    for (std::size_t i = 0; i < player_count; ++i) {
      if (!present[i]) continue;
      sum += parts(i, i);
      for (std::size_t j = i + 1; j < player_count; ++j) sum += present[j] ? 0.5 * parts(i, j) : 0.0;
    }
    return sum;
  };
}

/// Votes with a threshold, and a bonus where a few players meet: steps, nothing smooth.
GameFormula thresholds(std::size_t player_count, RandomStream& stream) {
  const Matrix votes = normal_matrix(3, player_count, 1.0, stream);
  const Matrix levels = normal_matrix(1, 3, 1.0, stream);
  std::vector<bool> in_group(player_count);
  for (std::size_t member = 0; member < 3; ++member) {
    in_group[stream.below(static_cast<std::uint32_t>(player_count))] = true;
  }
  return [=](const std::vector<bool>& present) {
    double result = 0.0;
    for (std::size_t vote = 0; vote < 3; ++vote) {
      double sum = 0.0;
      for (std::size_t player = 0; player < player_count; ++player) sum += present[player] ? votes(vote, player) : 0.0;
      result += sum > levels(0, vote) ? 1.0 : 0.0;
    }
    bool is_together = true;
    for (std::size_t player = 0; player < player_count; ++player) is_together &= !in_group[player] || present[player];
    return result + (is_together ? 1.0 : 0.0);
  };
}

/// Two products of three linear forms each: interactions of third order and rank two.
GameFormula low_rank(std::size_t player_count, RandomStream& stream) {
  const Matrix forms = normal_matrix(6, player_count + 1, 1.0 / std::sqrt(static_cast<double>(player_count)), stream);
  return [=](const std::vector<bool>& present) {
    double result = 0.0;
    for (std::size_t term = 0; term < 2; ++term) {
      double term_value = 1.0;
      for (std::size_t factor = 0; factor < 3; ++factor) {
        const auto form = forms.row(3 * term + factor);
        double sum = form[player_count];
        for (std::size_t player = 0; player < player_count; ++player) sum += present[player] ? form[player] : 0.0;
        term_value *= sum;
      }
      result += term_value;
    }
    return result;
  };
}

/// Probability of the class that wins with all players, from logits with pairwise parts that are far apart.
GameFormula saturated_softmax(std::size_t player_count, RandomStream& stream) {
  constexpr std::size_t kClasses = 6;
  std::vector<GameFormula> logits;
  for (std::size_t label = 0; label < kClasses; ++label) logits.push_back(pairwise(player_count, stream));
  std::size_t winner = 0;
  const std::vector<bool> all(player_count, true);
  for (std::size_t label = 1; label < kClasses; ++label) {
    if (logits[label](all) > logits[winner](all)) winner = label;
  }
  return [=](const std::vector<bool>& present) {
    double sum = 0.0;
    for (const GameFormula& logit : logits) sum += std::exp(logit(present) - logits[winner](present));
    return 1.0 / sum;
  };
}

KnownGame tabulate(std::string kind, bool is_network, std::size_t player_count, const GameFormula& formula) {
  KnownGame game{.kind = std::move(kind),
                 .is_network = is_network,
                 .player_count = player_count,
                 .table = std::vector<double>(std::size_t{1} << player_count)};
  std::vector<bool> present(player_count);
  for (std::size_t members = 0; members < game.table.size(); ++members) {
    for (std::size_t player = 0; player < player_count; ++player) present[player] = (members >> player & 1) != 0;
    game.table[members] = formula(present);
  }
  return game;
}

}  // namespace

std::vector<KnownGame> network_games(std::size_t games_per_kind, std::uint64_t seed) {
  struct Kind {
    const char* name;
    bool is_network;
    std::size_t player_count;
    GameFormula (*make)(std::size_t player_count, RandomStream& stream);
  };
  constexpr Kind kKinds[] = {{"perceptron, logit", true, 16, perceptron_logit},
                             {"perceptron, probability", true, 14, perceptron_probability},
                             {"convolution", true, 16, convolution},
                             {"attention", true, 15, attention},
                             {"bag of words", true, 14, bag_of_words},
                             {"thresholds", false, 15, thresholds},
                             {"low rank", false, 16, low_rank},
                             {"saturated softmax", false, 14, saturated_softmax},
                             {"additive and pairwise", false, 15, pairwise}};
  std::vector<KnownGame> games;
  std::uint32_t index = 0;
  for (const Kind& kind : kKinds) {
    for (std::size_t number = 0; number < games_per_kind; ++number) {
      RandomStream stream = Rng(seed).stream(RandomPurpose::kBackground, index++, 0);
      games.push_back(tabulate(kind.name, kind.is_network, kind.player_count, kind.make(kind.player_count, stream)));
    }
  }
  return games;
}

}  // namespace modattr
