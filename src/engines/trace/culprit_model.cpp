#include "modattr/engines/trace/culprit_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "modattr/core/matrix.h"
#include "modattr/stats/cholesky.h"
#include "modattr/stats/mixture_shares.h"

namespace modattr {
namespace {

constexpr double kRidge = 0.01;
/// Weights that all modalities share.
constexpr std::size_t kShared = 3;
/// Of the blame, with more than two modalities; of two, repair says the same.
constexpr double kUsualBlameWeight = 20.0;
constexpr int kNewtonRounds = 50;
constexpr int kExpectationRounds = 15;
constexpr double kSmallestProbability = 1e-4;
/// Fewer cases of a kind weigh less than the usual weights.
constexpr double kManyCases = 50.0;
/// With fewer errors of its own, what they say of the model weighs less.
constexpr double kManyModelErrors = 10.0;

/// Replaces scores by exp(score) / sum.
void normalise(std::vector<double>& scores) {
  const double largest = std::ranges::max(scores);
  double sum = 0.0;
  for (double& score : scores) sum += score = std::exp(score - largest);
  for (double& score : scores) score /= sum;
}

/// A case as a choice among hypotheses: their features, and the chosen one.
struct Choice {
  /// [hypotheses, parameters]
  Matrix features;
  std::size_t chosen = 0;
  double weight = 1.0;
};

/// Places of the parameters: w_R, w_Z, w_B, b_1 ... b_M, then b_0, w_0.
std::vector<double> parameters_of(const CulpritModel& model) {
  std::vector<double> parameters = {model.repair_weight, model.typicality_weight, model.blame_weight};
  parameters.insert(parameters.end(), model.biases.begin(), model.biases.end());
  parameters.push_back(model.model_bias);
  parameters.push_back(model.model_weight);
  return parameters;
}

CulpritModel model_of(std::span<const double> parameters) {
  const std::size_t modality_count = parameters.size() - kShared - 2;
  CulpritModel model;
  model.repair_weight = parameters[0];
  model.typicality_weight = parameters[1];
  model.blame_weight = parameters[2];
  model.biases.assign(parameters.begin() + kShared,
                      parameters.begin() + kShared + static_cast<std::ptrdiff_t>(modality_count));
  model.model_bias = parameters[kShared + modality_count];
  model.model_weight = parameters[kShared + modality_count + 1];
  return model;
}

enum class Hypotheses { kModalities, kModalitiesAndModel };

Matrix features_of(const CaseEvidence& evidence, Hypotheses hypotheses) {
  const std::size_t modality_count = evidence.modalities.size();
  const bool with_model = hypotheses == Hypotheses::kModalitiesAndModel;
  Matrix features(modality_count + (with_model ? 1 : 0), modality_count + kShared + 2);
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    features(modality, 0) = std::log(std::max(evidence.modalities[modality].repair, kSmallestProbability));
    features(modality, 1) = std::log(evidence.modalities[modality].typicality);
    features(modality, 2) = modality_count > 2 ? evidence.modalities[modality].blame : 0.0;
    features(modality, kShared + modality) = 1.0;
  }
  if (with_model) {
    features(modality_count, kShared + modality_count) = 1.0;
    features(modality_count, kShared + modality_count + 1) = std::log(evidence.probability + kSmallestProbability);
  }
  return features;
}

std::vector<double> chances(const Matrix& features, std::span<const double> parameters) {
  std::vector<double> scores(features.row_count());
  for (std::size_t row = 0; row < scores.size(); ++row) {
    const std::span<const double> own = features.row(row);
    scores[row] = std::inner_product(own.begin(), own.end(), parameters.begin(), 0.0);
  }
  normalise(scores);
  return scores;
}

/// Where the parameters are drawn to, and how strongly.
struct Penalty {
  std::vector<double> centre;
  std::vector<double> strengths;
};

double loss_of(std::span<const Choice> choices, std::span<const double> parameters, const Penalty& penalty) {
  double loss = 0.0;
  for (const Choice& choice : choices) {
    loss -= choice.weight * std::log(std::max(chances(choice.features, parameters)[choice.chosen], 1e-300));
  }
  for (std::size_t place = 0; place < parameters.size(); ++place) {
    const double difference = parameters[place] - penalty.centre[place];
    loss += 0.5 * penalty.strengths[place] * difference * difference;
  }
  return loss;
}

/// Penalised maximum likelihood of a conditional logit (McFadden 1974) by Newton's method with halved steps.
std::vector<double> fit_choices(std::span<const Choice> choices, std::vector<double> parameters,
                                const Penalty& penalty) {
  const std::size_t count = parameters.size();
  double loss = loss_of(choices, parameters, penalty);
  for (int round = 0; round < kNewtonRounds; ++round) {
    std::vector<double> gradient(count);
    Matrix curvature(count, count);
    for (std::size_t place = 0; place < count; ++place) {
      gradient[place] = penalty.strengths[place] * (parameters[place] - penalty.centre[place]);
      curvature(place, place) = penalty.strengths[place];
    }
    for (const Choice& choice : choices) {
      const std::vector<double> chance = chances(choice.features, parameters);
      std::vector<double> mean(count);
      for (std::size_t row = 0; row < chance.size(); ++row) {
        for (std::size_t place = 0; place < count; ++place) mean[place] += chance[row] * choice.features(row, place);
      }
      for (std::size_t place = 0; place < count; ++place) {
        gradient[place] += choice.weight * (mean[place] - choice.features(choice.chosen, place));
      }
      for (std::size_t row = 0; row < chance.size(); ++row) {
        for (std::size_t first = 0; first < count; ++first) {
          const double part = choice.weight * chance[row] * (choice.features(row, first) - mean[first]);
          for (std::size_t second = first; second < count; ++second) {
            curvature(first, second) += part * (choice.features(row, second) - mean[second]);
          }
        }
      }
    }
    const std::optional<Cholesky> factor = Cholesky::factorise(std::move(curvature));
    if (!factor) break;
    const std::vector<double> step = factor->solve(gradient);
    double scale = 1.0;
    double next_loss = 0.0;
    std::vector<double> next;
    do {
      next = parameters;
      for (std::size_t place = 0; place < count; ++place) next[place] -= scale * step[place];
      next_loss = loss_of(choices, next, penalty);
      scale /= 2.0;
    } while (!(next_loss <= loss) && scale > 1e-6);
    if (!(next_loss <= loss)) break;
    const double gain = loss - next_loss;
    parameters = std::move(next);
    loss = next_loss;
    if (gain < 1e-12) break;
  }
  return parameters;
}

/// Cases of known culprits as choices: each modality weighs 1, half of that its swaps where it has both.
std::vector<Choice> choices_of(std::span<const CalibrationCase> cases, Hypotheses hypotheses) {
  const auto count_of = [&](std::size_t culprit, bool is_swap) {
    return static_cast<double>(std::ranges::count_if(
        cases, [&](const CalibrationCase& each) { return each.culprit == culprit && each.is_swap == is_swap; }));
  };
  std::vector<Choice> choices;
  for (const CalibrationCase& each : cases) {
    const double alike = count_of(each.culprit, each.is_swap);
    const bool has_both = count_of(each.culprit, !each.is_swap) > 0.0;
    choices.push_back({.features = features_of(each.evidence, hypotheses),
                       .chosen = each.culprit,
                       .weight = (has_both ? 0.5 : 1.0) * std::min(1.0, alike / kManyCases) / alike});
  }
  return choices;
}

CulpritModel default_model(std::size_t modality_count) {
  CulpritModel model;
  model.biases.assign(modality_count, 0.0);
  model.blame_weight = modality_count > 2 ? kUsualBlameWeight : 0.0;
  return model;
}

/// Draws weights to their usual values. A modality without cases would get a bias against it, as it never is the
/// culprit: then no modality has a bias.
Penalty penalty_of(std::size_t modality_count, std::span<const CalibrationCase> cases) {
  constexpr double kFixed = 1e6;
  Penalty penalty{.centre = parameters_of(default_model(modality_count)), .strengths = {}};
  penalty.strengths.assign(penalty.centre.size(), kRidge);
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    if (std::ranges::find(cases, modality, &CalibrationCase::culprit) != cases.end()) continue;
    for (std::size_t each = 0; each < modality_count; ++each) penalty.strengths[kShared + each] = kFixed;
  }
  return penalty;
}

}  // namespace

std::vector<double> CulpritModel::modality_probabilities(const CaseEvidence& evidence) const {
  return chances(features_of(evidence, Hypotheses::kModalities), parameters_of(*this));
}

std::vector<double> CulpritModel::probabilities(const CaseEvidence& evidence) const {
  return chances(features_of(evidence, Hypotheses::kModalitiesAndModel), parameters_of(*this));
}

CulpritModel fit_modalities(std::size_t modality_count, std::span<const CalibrationCase> cases) {
  const Penalty penalty = penalty_of(modality_count, cases);
  return model_of(fit_choices(choices_of(cases, Hypotheses::kModalities), penalty.centre, penalty));
}

CulpritModel fit_culprits(std::size_t modality_count, std::span<const CalibrationCase> cases,
                          std::span<const CaseEvidence> wrong_answers) {
  const CulpritModel model = fit_modalities(modality_count, cases);
  // Without known culprits only the model's own parameters would move, towards every error being its own.
  if (wrong_answers.empty() || cases.empty()) return model;
  const Penalty penalty = penalty_of(modality_count, cases);
  std::vector<Choice> choices = choices_of(cases, Hypotheses::kModalitiesAndModel);
  const std::size_t known_count = choices.size();
  for (const CaseEvidence& evidence : wrong_answers) {
    choices.push_back({.features = features_of(evidence, Hypotheses::kModalitiesAndModel), .chosen = modality_count});
  }
  std::vector<double> own(wrong_answers.size(), 1.0);
  std::vector<double> parameters = parameters_of(model);
  for (int round = 0; round < kExpectationRounds; ++round) {
    const double own_count = std::accumulate(own.begin(), own.end(), 0.0);
    const double weight = std::min(1.0, own_count / kManyModelErrors) / std::max(own_count, 1e-9);
    for (std::size_t place = 0; place < own.size(); ++place) choices[known_count + place].weight = weight * own[place];
    parameters = fit_choices(choices, std::move(parameters), penalty);
    std::vector<std::vector<double>> chance;
    for (std::size_t place = 0; place < own.size(); ++place) {
      chance.push_back(chances(choices[known_count + place].features, parameters));
    }
    const std::vector<double> shares = estimate_shares(chance);
    for (std::size_t place = 0; place < own.size(); ++place) {
      const double all = std::inner_product(shares.begin(), shares.end(), chance[place].begin(), 0.0);
      own[place] = all > 0.0 ? shares.back() * chance[place].back() / all : 0.0;
    }
  }
  return model_of(parameters);
}

}  // namespace modattr
