#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "fake_model.h"
#include "modattr/core/error.h"
#include "modattr/value/model_evaluator.h"
#include "number_set.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {

using Inputs = std::span<const at::Tensor>;
using CallSizes = std::vector<std::int64_t>;
/// [mixes][examples][outputs]
using Outputs = std::vector<std::vector<std::vector<double>>>;

inline constexpr std::size_t kExampleCount = 23;
inline constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

/// Rows of two inputs side by side.
inline at::Tensor side_by_side(Inputs inputs) {
  return at::cat({inputs[0].to(at::kDouble), inputs[1].to(at::kDouble)}, 1);
}

inline Donors draw_donors(std::uint32_t draw) {
  return random_donors(kExampleCount, draw);
}

class ModelEvaluatorTest : public testing::Test {
 protected:
  ModelEvaluatorTest() {
    std::vector<float> floats(kExampleCount * 2);
    std::iota(floats.begin(), floats.end(), 0.5F);
    std::vector<std::int64_t> integers(kExampleCount * 3);
    std::iota(integers.begin(), integers.end(), 1000);
    std::vector<std::int64_t> ids(kExampleCount);
    std::iota(ids.begin(), ids.end(), 500);
    write_npz(folder_ / "val.npz", {TestArray::of<float>("a", {kExampleCount, 2}, floats),
                                    TestArray::of<std::int64_t>("b", {kExampleCount, 3}, integers),
                                    TestArray::of<std::int64_t>("id", {kExampleCount}, ids)});
    layout_ = make_input_layout(std::vector<ModalityInputs>{{"image", {{"a", {}}}}, {"text", {{"b", {}}}}});
    dataset_ = std::make_unique<Dataset>(DatasetOptions{.path = folder_ / "val.npz", .inputs = {"a", "b"}});
  }

  Outputs evaluate(const Model& model, const std::vector<Mix>& mixes, EvaluatorOptions options = {}) {
    ModelEvaluator evaluator(model, *dataset_, layout_, options);
    const Outputs outputs = evaluate(evaluator, mixes);
    std::set<std::vector<std::size_t>> distinct;
    for (const Mix& mix : mixes) {
      for (std::size_t example = 0; example < kExampleCount; ++example) distinct.insert(rows_of(mix, example));
    }
    EXPECT_EQ(evaluator.evaluation_count(), distinct.size());
    return outputs;
  }

  Outputs evaluate(ModelEvaluator& evaluator, const std::vector<Mix>& mixes) {
    Outputs outputs(mixes.size(), std::vector<std::vector<double>>(dataset_->example_count()));
    evaluator.evaluate(
        mixes,
        [&](std::size_t mix, std::size_t example, std::span<const double> output) {
          EXPECT_TRUE(outputs[mix][example].empty());
          outputs[mix][example].assign(output.begin(), output.end());
        },
        progress_);
    return outputs;
  }

  /// Rows of the calls that evaluate the untouched data.
  CallSizes rows_of_work(const FakeModel& model, EvaluatorOptions options) {
    ModelEvaluator evaluator(model, *dataset_, layout_, options);
    evaluator.output_width();
    evaluator.rows_per_call();
    const auto before = static_cast<std::ptrdiff_t>(model.rows_of_calls().size());
    evaluate(evaluator, {{full_, own_}});
    return {model.rows_of_calls().begin() + before, model.rows_of_calls().end()};
  }

  /// The example behind each modality of a mix.
  static std::vector<std::size_t> rows_of(const Mix& mix, std::size_t example) {
    std::vector<std::size_t> rows;
    for (const std::size_t modality : {0U, 1U}) {
      rows.push_back(mix.present.contains(modality) ? example : mix.donors[example]);
    }
    return rows;
  }

  /// What `echo_` answers.
  static Outputs echoes(const std::vector<Mix>& mixes) {
    Outputs outputs(mixes.size());
    for (std::size_t mix = 0; mix < mixes.size(); ++mix) {
      for (std::size_t example = 0; example < kExampleCount; ++example) {
        const std::vector<std::size_t> rows = rows_of(mixes[mix], example);
        const double a = 2.0 * static_cast<double>(rows[0]) + 0.5;
        const double b = 3.0 * static_cast<double>(rows[1]) + 1000.0;
        outputs[mix].push_back({a, a + 1, b, b + 1, b + 2});
      }
    }
    return outputs;
  }

  std::string error_of(const Model& model, const Mix& mix, EvaluatorOptions options = {}) {
    return thrown_message<ModelError>([&] { return evaluate(model, {mix}, options); });
  }

  TemporaryFolder folder_;
  InputLayout layout_;
  std::unique_ptr<Dataset> dataset_;
  Progress progress_;
  FakeModel echo_{{{"a", "Tensor", false}, {"b", "Tensor", false}}, side_by_side};
  Donors own_ = own_donors(kExampleCount);
  Coalition full_ = Coalition::full(2);
};

}  // namespace modattr
