#include "modattr/engines/trace/culprit_model.h"

#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"
#include "modattr/stats/mixture_shares.h"

namespace modattr {
namespace {

CaseEvidence evidence_of(std::vector<double> repairs, std::vector<double> typicalities, double probability = 0.1) {
  CaseEvidence evidence;
  evidence.probability = probability;
  for (std::size_t modality = 0; modality < repairs.size(); ++modality) {
    evidence.modalities.push_back({.repair = repairs[modality], .typicality = typicalities[modality]});
  }
  return evidence;
}

/// Random evidence whose culprit is drawn from the rule with these weights.
CalibrationCase drawn_case(RandomStream& stream, double repair_weight, double typicality_weight, double bias) {
  std::vector<double> repairs;
  std::vector<double> typicalities;
  for (int modality = 0; modality < 2; ++modality) {
    repairs.push_back(std::exp(-3.0 * stream.uniform()));
    typicalities.push_back(std::exp(3.0 * stream.uniform() - 0.7));
  }
  const double score = repair_weight * std::log(repairs[1] / repairs[0]) +
                       typicality_weight * std::log(typicalities[1] / typicalities[0]) + bias;
  const std::size_t culprit = stream.uniform() < 1.0 / (1.0 + std::exp(-score)) ? 1 : 0;
  return {.culprit = culprit, .is_swap = false, .evidence = evidence_of(repairs, typicalities)};
}

TEST(CulpritModel, IsBayesRuleWithUsualWeights) {
  const CulpritModel model = fit_modalities(2, {});
  const std::vector<double> chance = model.modality_probabilities(evidence_of({0.6, 0.2}, {1.0, 3.0}));
  // 0.6 : 0.2 * 3
  EXPECT_NEAR(chance[0], 0.5, 1e-12);
  const std::vector<double> three = model.probabilities(evidence_of({0.6, 0.2}, {1.0, 1.0}, 0.2));
  EXPECT_NEAR(three[0], 0.6 / 1.0, 1e-3);
  EXPECT_NEAR(three[2], 0.2 / 1.0, 1e-3);
}

TEST(CulpritModel, FindsTheWeightsThatCulpritsWereDrawnBy) {
  RandomStream stream = Rng(1).stream(RandomPurpose::kFault, 0, 0);
  std::vector<CalibrationCase> cases;
  for (int number = 0; number < 6000; ++number) cases.push_back(drawn_case(stream, 1.4, 0.6, 0.0));
  const CulpritModel model = fit_modalities(2, cases);
  // The ridge of 0.01 stands beside a likelihood of weight 2.
  EXPECT_NEAR(model.repair_weight, 1.4, 0.15);
  EXPECT_NEAR(model.typicality_weight, 0.6, 0.1);
  EXPECT_NEAR(model.biases[1] - model.biases[0], 0.0, 0.1);
}

TEST(CulpritModel, WeighsModalitiesAlike) {
  // The same cases, those of one modality ten times over, give the same rule.
  RandomStream stream = Rng(2).stream(RandomPurpose::kFault, 0, 0);
  std::vector<CalibrationCase> once;
  for (int number = 0; number < 200; ++number) once.push_back(drawn_case(stream, 1.0, 1.0, 0.0));
  std::vector<CalibrationCase> often;
  for (const CalibrationCase& each : once) often.insert(often.end(), each.culprit == 0 ? 10 : 1, each);
  EXPECT_NEAR(fit_modalities(2, once).repair_weight, fit_modalities(2, often).repair_weight, 1e-6);
}

TEST(CulpritModel, HasNoBiasAgainstAModalityWithoutCases) {
  RandomStream stream = Rng(5).stream(RandomPurpose::kFault, 0, 0);
  std::vector<CalibrationCase> cases;
  for (int number = 0; number < 300; ++number) {
    CalibrationCase each = drawn_case(stream, 1.0, 1.0, 0.0);
    if (each.culprit == 0) cases.push_back(each);
  }
  const CulpritModel model = fit_modalities(2, cases);
  EXPECT_NEAR(model.biases[0], 0.0, 1e-3);
  EXPECT_NEAR(model.biases[1], 0.0, 1e-3);
  // What speaks against the other one is heard.
  EXPECT_GT(model.modality_probabilities(evidence_of({0.1, 0.9}, {0.6, 40.0}))[1], 0.9);
}

TEST(CulpritModel, GivesErrorsOfItsOwnToTheModel) {
  RandomStream stream = Rng(3).stream(RandomPurpose::kFault, 0, 0);
  std::vector<CalibrationCase> cases;
  for (int number = 0; number < 300; ++number) {
    CalibrationCase each = drawn_case(stream, 1.0, 1.0, 0.0);
    // A fault leaves the model sure of another answer.
    each.evidence.probability = 0.02 * stream.uniform();
    cases.push_back(each);
  }
  std::vector<CaseEvidence> errors;
  for (int number = 0; number < 100; ++number) {
    errors.push_back(evidence_of({0.05, 0.05}, {0.6, 0.6}, 0.3 + 0.15 * stream.uniform()));
  }
  const CulpritModel model = fit_culprits(2, cases, errors);
  std::vector<std::vector<double>> probabilities;
  for (const CaseEvidence& error : errors) probabilities.push_back(model.probabilities(error));
  EXPECT_GT(estimate_shares(probabilities).back(), 0.97);
  for (const CaseEvidence& error : errors) EXPECT_GT(model.probabilities(error).back(), 0.8);
  EXPECT_LT(model.probabilities(cases.front().evidence).back(), 0.2);
}

TEST(CulpritModel, SaysNoMoreThanTheRuleWithoutCalibration) {
  const std::vector<CaseEvidence> errors(50, evidence_of({0.5, 0.1}, {1.0, 1.0}, 0.3));
  const CulpritModel model = fit_culprits(2, {}, errors);
  EXPECT_DOUBLE_EQ(model.repair_weight, 1.0);
  EXPECT_DOUBLE_EQ(model.model_bias, 0.0);
}

}  // namespace
}  // namespace modattr
