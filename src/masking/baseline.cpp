#include "modattr/masking/baseline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/InferenceMode.h>

#include "modattr/core/error.h"
#include "modattr/core/parallel.h"
#include "modattr/data/array_tensor.h"
#include "modattr/data/messages.h"

namespace modattr {
namespace {

const std::array<std::string, 8> kRemovalNames = {"background", "mean",  "zero", "value",
                                                  "token",      "empty", "blur", "file"};

[[noreturn]] void fail(const std::string& modality, RemovalType type, const std::string& expected,
                       const std::string& got, const std::string& hint) {
  throw ConfigError("modality '" + modality + "': removal '" + kRemovalNames[static_cast<std::size_t>(type)] +
                    "': expected " + expected + ", got " + got + "; " + hint);
}

/// Whether a mean of numbers is a number of the same kind: integers may be ids, but bytes are brightness.
bool is_measured(const Array& array) {
  return c10::isFloatingType(array.dtype) || array.dtype == c10::ScalarType::Byte;
}

at::Tensor to_dtype(const at::Tensor& numbers, c10::ScalarType dtype) {
  return (c10::isFloatingType(dtype) ? numbers : numbers.round()).to(dtype);
}

at::Tensor own_rows(const Dataset& dataset, std::size_t input, std::span<const std::uint32_t> examples) {
  return dataset.gather(input, examples);
}

/// One row for all examples.
class ConstantBaseline final : public Baseline {
 public:
  /// `rows`: one row per input, [1, ...].
  explicit ConstantBaseline(std::map<std::size_t, at::Tensor> rows) : rows_(std::move(rows)) {}

  BaselineVariety variety() const noexcept override { return BaselineVariety::kOneForAll; }
  at::Tensor rows(std::size_t input, std::span<const std::uint32_t> examples) const override {
    std::vector<std::int64_t> shape = rows_.at(input).sizes().vec();
    shape.front() = static_cast<std::int64_t>(examples.size());
    return rows_.at(input).expand(shape).contiguous();
  }

 private:
  std::map<std::size_t, at::Tensor> rows_;
};

/// Mean row of an input over the examples, in double precision; rows with numbers that are not finite are left out. A
/// row that many examples share is read once.
at::Tensor mean_row(const Dataset& dataset, std::size_t input, std::size_t thread_count) {
  struct Shared {
    std::uint32_t example;
    double count;
  };
  std::map<std::uint32_t, Shared> rows;
  for (std::uint32_t example = 0; example < dataset.example_count(); ++example) {
    ++rows.try_emplace(dataset.input_row(input, example), Shared{example, 0.0}).first->second.count;
  }
  std::vector<std::uint32_t> examples;
  std::vector<double> counts;
  for (const auto& [row, shared] : rows) {
    examples.push_back(shared.example);
    counts.push_back(shared.count);
  }
  constexpr std::size_t kBlock = 256;
  std::vector<at::Tensor> sums((examples.size() + kBlock - 1) / kBlock);
  std::vector<double> weight_sums(sums.size());
  parallel_for(sums.size(), thread_count, [&](std::size_t block) {
    const c10::InferenceMode inference_mode;
    const std::size_t first = block * kBlock;
    const std::size_t count = std::min(kBlock, examples.size() - first);
    const at::Tensor data = own_rows(dataset, input, std::span(examples).subspan(first, count));
    at::Tensor numbers = data.reshape({static_cast<std::int64_t>(count), -1}).to(at::kDouble);
    at::Tensor weights = at::tensor(at::ArrayRef<double>(counts).slice(first, count), at::kDouble).unsqueeze(0);
    if (data.is_floating_point()) {
      const at::Tensor finite = numbers.isfinite().all(1);
      if (!finite.all().item<bool>()) {
        weights = weights * finite.to(at::kDouble).unsqueeze(0);
        numbers = numbers.masked_fill(finite.logical_not().unsqueeze(1), 0.0);
      }
    }
    weight_sums[block] = weights.sum().item<double>();
    sums[block] = at::mm(weights, numbers);
  });
  const at::Tensor sum = std::accumulate(std::next(sums.begin()), sums.end(), sums.front());
  const double weight_sum = std::accumulate(weight_sums.begin(), weight_sums.end(), 0.0);
  std::vector<std::int64_t> shape = dataset.input(input).shape;
  shape.front() = 1;
  return to_dtype((sum / weight_sum).reshape(shape), dataset.input(input).dtype);
}

at::Tensor constant_row(const Dataset& dataset, std::size_t input, double value) {
  std::vector<std::int64_t> shape = dataset.input(input).shape;
  shape.front() = 1;
  return at::full(shape, value, at::TensorOptions().dtype(at::kDouble)).to(dataset.input(input).dtype);
}

/// Whether a constant of this type keeps the number as it is, or close to it for floating-point numbers.
bool can_hold(c10::ScalarType dtype, double value) {
  const at::Tensor number = at::full({1}, value, at::TensorOptions().dtype(at::kDouble));
  const auto kept = number.to(dtype).to(at::kDouble).item<double>();
  return c10::isFloatingType(dtype) ? std::isfinite(kept) : kept == value;
}

bool can_hold(c10::ScalarType dtype, std::int64_t id) {
  return at::full({1}, id, at::TensorOptions().dtype(at::kLong)).to(dtype).to(at::kLong).item<std::int64_t>() == id;
}

class TokenBaseline final : public Baseline {
 public:
  TokenBaseline(const Dataset& dataset, std::size_t id_input, const BaselineOptions& options)
      : dataset_(dataset), id_input_(id_input), token_id_(options.token_id), special_ids_(options.special_ids) {}

  BaselineVariety variety() const noexcept override { return BaselineVariety::kOnePerContent; }
  at::Tensor rows(std::size_t input, std::span<const std::uint32_t> examples) const override {
    at::Tensor rows = own_rows(dataset_, input, examples);
    if (input != id_input_) return rows;
    at::Tensor stays = at::zeros(rows.sizes(), at::kBool);
    for (const std::int64_t id : special_ids_) stays = stays.logical_or(rows.eq(id));
    return at::where(stays, rows, at::full_like(rows, token_id_));
  }

 private:
  const Dataset& dataset_;
  std::size_t id_input_;
  std::int64_t token_id_;
  std::vector<std::int64_t> special_ids_;
};

/// Weights of a Gaussian window of odd length.
at::Tensor gaussian_window(double sigma, std::int64_t longest_radius) {
  const std::int64_t radius = std::min(static_cast<std::int64_t>(std::ceil(3.0 * sigma)), longest_radius);
  at::Tensor window = at::arange(-radius, radius + 1, at::kDouble);
  window = (-(window * window) / (2.0 * sigma * sigma)).exp();
  return window / window.sum();
}

std::unique_ptr<Baseline> make_empty_text(const std::string& modality, const Dataset& dataset,
                                          std::span<const std::size_t> inputs) {
  std::map<std::size_t, at::Tensor> rows;
  for (const std::size_t input : inputs) {
    const Array& array = dataset.input(input);
    if (dataset.origin_kind(input) != OriginKind::kText) {
      fail(modality, RemovalType::kEmpty, "inputs that are made of texts", describe(array), "use token or background");
    }
    std::vector<std::int64_t> shape = array.shape;
    shape.front() = 1;
    at::Tensor row = at::empty(shape, at::TensorOptions(array.dtype));
    dataset.write_text_row(input, "", {static_cast<std::byte*>(row.data_ptr()), row.nbytes()});
    rows.emplace(input, std::move(row));
  }
  return std::make_unique<ConstantBaseline>(std::move(rows));
}

class BlurBaseline final : public Baseline {
 public:
  explicit BlurBaseline(const Dataset& dataset) : dataset_(dataset) {}

  BaselineVariety variety() const noexcept override { return BaselineVariety::kOnePerContent; }
  at::Tensor rows(std::size_t input, std::span<const std::uint32_t> examples) const override {
    const at::Tensor images = own_rows(dataset_, input, examples);
    const std::int64_t height = images.size(-2);
    const std::int64_t width = images.size(-1);
    const double sigma = 0.1 * static_cast<double>(std::max(height, width));
    // One direction after the other, mirrored at the border.
    at::Tensor rows = images.to(at::kDouble).reshape({-1, 1, height, width});
    rows = blurred(rows, gaussian_window(sigma, width - 1).reshape({1, 1, 1, -1}), {0, 1});
    rows = blurred(rows, gaussian_window(sigma, height - 1).reshape({1, 1, -1, 1}), {1, 0});
    return to_dtype(rows.reshape(images.sizes()), images.scalar_type());
  }

 private:
  static at::Tensor blurred(const at::Tensor& images, const at::Tensor& window, std::array<std::int64_t, 2> axes) {
    const std::int64_t radius = (window.numel() - 1) / 2;
    const std::array<std::int64_t, 4> margins = {axes[1] * radius, axes[1] * radius, axes[0] * radius,
                                                 axes[0] * radius};
    return at::conv2d(at::reflection_pad2d(images, margins), window);
  }

  const Dataset& dataset_;
};

class FileBaseline final : public Baseline {
 public:
  explicit FileBaseline(const Dataset& dataset, std::map<std::size_t, Array> arrays)
      : dataset_(dataset), arrays_(std::move(arrays)) {}

  BaselineVariety variety() const noexcept override {
    const bool one = std::ranges::all_of(arrays_, [](const auto& entry) { return entry.second.row_count() == 1; });
    return one ? BaselineVariety::kOneForAll : BaselineVariety::kOnePerExample;
  }
  at::Tensor rows(std::size_t input, std::span<const std::uint32_t> examples) const override {
    const Array& array = arrays_.at(input);
    std::vector<std::uint32_t> rows;
    for (const std::uint32_t example : examples) rows.push_back(array.row_count() == 1 ? 0U : dataset_.row(example));
    return copy_rows(array, rows);
  }

 private:
  const Dataset& dataset_;
  std::map<std::size_t, Array> arrays_;
};

std::unique_ptr<Baseline> make_file_stand_in(const BaselineOptions& options, const std::string& modality,
                                             const Dataset& dataset, std::span<const std::size_t> inputs) {
  std::map<std::size_t, Array> arrays;
  for (std::size_t place = 0; place < inputs.size(); ++place) {
    const Array& input = dataset.input(inputs[place]);
    const Array& baseline = options.baselines.at(place);
    const auto tail = [](const Array& array) {
      return std::vector<std::int64_t>(array.shape.begin() + (array.shape.empty() ? 0 : 1), array.shape.end());
    };
    const bool rows_match = baseline.row_count() == 1 || baseline.row_count() == dataset.row_count();
    if (baseline.dtype != input.dtype || tail(baseline) != tail(input) || !rows_match || baseline.shape.empty()) {
      fail(modality, options.type, "an array like " + describe(input) + " or one row of it", describe(baseline),
           "save " + baseline.name + " with the shape and dtype of " + input.name);
    }
    arrays.emplace(inputs[place], baseline);
  }
  return std::make_unique<FileBaseline>(dataset, std::move(arrays));
}

}  // namespace

std::span<const std::string> removal_names() noexcept {
  return kRemovalNames;
}

std::unique_ptr<Baseline> make_baseline(const BaselineOptions& options, const std::string& modality,
                                        const Dataset& dataset, std::span<const std::size_t> inputs) {
  const RemovalType type = options.type;
  std::map<std::size_t, at::Tensor> constant;
  switch (type) {
    case RemovalType::kMean:
      for (const std::size_t input : inputs) {
        if (!is_measured(dataset.input(input))) {
          fail(modality, type, "inputs of floating-point numbers or uint8", describe(dataset.input(input)),
               "use token, value or background");
        }
        constant.emplace(input, mean_row(options.population != nullptr ? *options.population : dataset, input,
                                         options.thread_count));
      }
      return std::make_unique<ConstantBaseline>(std::move(constant));
    case RemovalType::kZero:
    case RemovalType::kValue:
      for (const std::size_t input : inputs) {
        const double value = type == RemovalType::kZero ? 0.0 : options.value;
        if (!can_hold(dataset.input(input).dtype, value)) {
          fail(modality, type, "a value that " + describe(dataset.input(input)) + " can hold", number_text(value),
               "choose another value");
        }
        constant.emplace(input, constant_row(dataset, input, value));
      }
      return std::make_unique<ConstantBaseline>(std::move(constant));
    case RemovalType::kToken:
      if (!is_integral(dataset.input(inputs.front())) || dataset.input(inputs.front()).dtype == at::kBool) {
        fail(modality, type, "a first input of token ids (integers)", describe(dataset.input(inputs.front())),
             "use zero, mean, value or background");
      }
      if (!can_hold(dataset.input(inputs.front()).dtype, options.token_id)) {
        fail(modality, type, "an id that " + describe(dataset.input(inputs.front())) + " can hold",
             std::to_string(options.token_id), "choose another id");
      }
      return std::make_unique<TokenBaseline>(dataset, inputs.front(), options);
    case RemovalType::kEmpty:
      return make_empty_text(modality, dataset, inputs);
    case RemovalType::kBlur:
      for (const std::size_t input : inputs) {
        const Array& array = dataset.input(input);
        if (!is_measured(array) || array.shape.size() < 3 || array.shape.back() < 2 ||
            array.shape[array.shape.size() - 2] < 2) {
          fail(modality, type, "images of floating-point numbers or uint8, [..., height, width]", describe(array),
               is_measured(array) ? "use mean, zero or background" : "use token, value or background");
        }
      }
      return std::make_unique<BlurBaseline>(dataset);
    case RemovalType::kFile:
      return make_file_stand_in(options, modality, dataset, inputs);
    case RemovalType::kBackground:
      break;
  }
  throw ConfigError("modality '" + modality + "': expected a baseline, got rows of a background");
}

}  // namespace modattr
