#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/rng.h"
#include "modattr/model/torchscript_model.h"
#include "modattr/split/split_model.h"
#include "support/temporary_folder.h"
#include "support/torchscript_models.h"

namespace modattr {

/// An input with its data, [rows, ...]; no modality = shared by several.
struct TrialInput {
  std::string name;
  std::optional<std::size_t> modality;
  at::Tensor data;
};

inline double number_of(RandomStream& stream, double lowest, double highest) {
  return lowest + (highest - lowest) * static_cast<double>(stream.below(1U << 20U)) / static_cast<double>(1U << 20U);
}

/// Numbers between -1 and 1 that depend on the seed alone.
inline at::Tensor floats(std::vector<std::int64_t> shape, std::uint32_t seed = 1) {
  RandomStream stream = Rng(seed).stream(RandomPurpose::kPermutation, 0, 0);
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.data_ptr<float>();
  for (std::int64_t place = 0; place < tensor.numel(); ++place) {
    values[place] = static_cast<float>(number_of(stream, -1.0, 1.0));
  }
  return tensor;
}

/// Whole numbers from 0 to `end` - 1.
inline at::Tensor integers(std::vector<std::int64_t> shape, std::int64_t end, std::uint32_t seed = 1) {
  return ((floats(std::move(shape), seed) + 1.0) * 0.499999 * static_cast<double>(end)).to(at::kLong);
}

inline ModelParameter weight(std::string name, std::vector<std::int64_t> shape, std::uint32_t seed = 1) {
  const at::Tensor values = floats(shape, seed);
  return {std::move(name), std::move(shape), {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()}};
}

/// A model, split by modality, and the same model whole.
class SplitTrial {
 public:
  static constexpr std::int64_t kRowCount = 16;

  SplitTrial(const std::string& forward, std::vector<TrialInput> inputs,
             const std::vector<ModelParameter>& parameters = {}, OutputSelector output = std::size_t{0})
      : inputs_(std::move(inputs)) {
    const TemporaryFolder folder;
    save_model(folder / "model.pt", forward, parameters);
    load(folder / "model.pt", std::move(output));
  }
  static SplitTrial of_file(const std::filesystem::path& path, std::vector<TrialInput> inputs) {
    SplitTrial trial(std::move(inputs));
    trial.load(path, std::size_t{0});
    return trial;
  }

  bool is_split() const { return result_.model != nullptr; }
  const std::string& reason() const { return result_.reason; }
  /// Whether operations tell that rows have nothing to do with each other.
  bool is_row_by_row() const { return is_split() && result_.is_row_by_row; }
  const SplitModel& split() const {
    if (!is_split()) throw std::runtime_error("not split: " + reason());
    return *result_.model;
  }
  const Model& whole() const { return *model_; }

  /// The parts give the results of the whole: the same bits where no row moves, else up to `tolerance`.
  void expect_same_results(double tolerance = 1e-5) const {
    ASSERT_TRUE(is_split()) << reason();
    expect_same_results(data(), tolerance);
  }

  /// The same on other rows than those of the proof. Where one violates an assumption, the model is split without
  /// assumptions, as the evaluator does.
  void expect_same_results(const std::vector<at::Tensor>& data, double tolerance) const {
    try {
      compare(split(), data, tolerance);
    } catch (const SplitAssumptionError&) {
      const SplitResult evaluating = proven(BatchPredicates::kEvaluated);
      if (evaluating.model) compare(*evaluating.model, data, tolerance);
    }
  }

  std::vector<at::Tensor> data() const {
    std::vector<at::Tensor> tensors;
    for (const TrialInput& input : inputs_) tensors.push_back(input.data);
    return tensors;
  }

 private:
  explicit SplitTrial(std::vector<TrialInput> inputs) : inputs_(std::move(inputs)) {}

  void compare(const SplitModel& split, const std::vector<at::Tensor>& data, double tolerance) const {
    for (std::uint32_t draw = 0; draw < 6; ++draw) {
      std::vector<at::Tensor> mixed = data;
      std::vector<at::Tensor> encodings;
      for (std::size_t modality = 0; modality < modality_count(); ++modality) {
        RandomStream stream = Rng(draw).stream(RandomPurpose::kPermutation, 0, static_cast<std::uint32_t>(modality));
        std::vector<std::int64_t> numbers;
        for (std::uint32_t row = 0; row < kRowCount; ++row) {
          numbers.push_back(draw == 0 ? row : stream.below(static_cast<std::uint32_t>(kRowCount)));
        }
        const at::Tensor rows = at::tensor(numbers, at::kLong);
        std::vector<at::Tensor> own;
        for (std::size_t input = 0; input < inputs_.size(); ++input) {
          if (inputs_[input].modality != modality) continue;
          own.push_back(data[input]);
          mixed[input] = data[input].index_select(0, rows);
        }
        if (split.encoding_count(modality) == 0) continue;
        for (const at::Tensor& encoding : split.encode(modality, own)) {
          encodings.push_back(encoding.index_select(0, rows));
        }
      }
      const at::Tensor expected = model_->run(names(), cloned(mixed));
      std::vector<at::Tensor> raw;
      for (const std::size_t input : split.raw_inputs()) raw.push_back(mixed[input].clone());
      const at::Tensor answer = split.fuse(encodings, raw);
      ASSERT_EQ(answer.sizes(), expected.sizes());
      if (draw == 0) {
        EXPECT_TRUE(at::allclose(answer, expected, 0.0, 0.0, true)) << "not the same bits on untouched rows";
      }
      EXPECT_TRUE(at::allclose(answer, expected, 0.0, tolerance, true))
          << "draw " << draw << ": " << (answer - expected).abs().max().item<double>();
    }
  }

  static std::vector<at::Tensor> cloned(const std::vector<at::Tensor>& tensors) {
    std::vector<at::Tensor> copies;
    for (const at::Tensor& tensor : tensors) copies.push_back(tensor.clone());
    return copies;
  }

  void load(const std::filesystem::path& path, OutputSelector output) {
    model_ = load_torchscript_model({.path = path, .output = std::move(output), .device = "cpu"});
    const std::vector<at::Tensor> before = cloned(data());
    result_ = proven(BatchPredicates::kSpecialised);
    if (!is_split() && result_.specialises_predicates) result_ = proven(BatchPredicates::kEvaluated);
    if (is_row_by_row()) expect_rows_apart();
    EXPECT_EQ(result_.reason.empty(), is_split());
    EXPECT_EQ(result_.reason.find('\n'), std::string::npos) << result_.reason;
    for (std::size_t input = 0; input < before.size(); ++input) {
      EXPECT_TRUE(data()[input].equal(before[input])) << "the probe was written to";
    }
  }

  /// The whole model gives for a row what it gives in other places, and among fewer rows.
  void expect_rows_apart() const {
    const auto answer = [&](const at::Tensor& rows) {
      std::vector<at::Tensor> some;
      for (const at::Tensor& tensor : data()) some.push_back(tensor.index_select(0, rows).clone());
      return model_->run(names(), some);
    };
    const at::Tensor numbers = at::arange(data().front().size(0));
    const at::Tensor all = answer(numbers);
    for (const at::Tensor& rows : {numbers.flip(0), numbers.slice(0, 3, 8), numbers.roll(5)}) {
      if (rows.numel() == 0) continue;
      EXPECT_TRUE(at::allclose(answer(rows), all.index_select(0, rows), 1e-4, 1e-4, true))
          << "rows that depend on each other";
    }
  }

  /// A split that has passed its proof.
  SplitResult proven(BatchPredicates predicates) const {
    std::vector<ModelInput> inputs;
    for (const TrialInput& input : inputs_) inputs.push_back({input.name, input.modality});
    SplitResult result =
        split_model(*model_, {.inputs = inputs, .modality_count = modality_count(), .predicates = predicates}, data());
    try {
      if (result.model) result.prove();
    } catch (const ModelError& error) {
      result = {.model = nullptr, .reason = error.what(), .specialises_predicates = result.specialises_predicates};
    }
    return result;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const TrialInput& input : inputs_) names.push_back(input.name);
    return names;
  }
  std::size_t modality_count() const {
    std::size_t count = 0;
    for (const TrialInput& input : inputs_) count = std::max(count, input.modality ? *input.modality + 1 : 0);
    return count;
  }

  std::vector<TrialInput> inputs_;
  std::unique_ptr<Model> model_;
  SplitResult result_;
};

}  // namespace modattr
