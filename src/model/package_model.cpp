#include "modattr/model/package_model.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

#include <ATen/Functions.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include "call_spec.h"
#include "forward_failure.h"
#include "modattr/core/error.h"
#include "modattr/graph/torch_errors.h"
#include "output_reader.h"
#include "package_file.h"
#include "quiet_errors.h"

namespace modattr {
namespace {

using Loader = torch::inductor::AOTIModelPackageLoader;
using Tensors = std::vector<at::Tensor>;

/// Numbers of rows that a call may have.
struct RowRange {
  std::int64_t least = 1;
  std::int64_t most = std::int64_t{1} << 40;
};

/// The number behind `mark` in a text; nullopt where there is none.
std::optional<std::int64_t> number_behind(std::string_view text, std::string_view mark) {
  const std::size_t place = text.find(mark);
  if (place == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(place + mark.size());
  std::int64_t number = 0;
  const auto result = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return result.ec == std::errc{} && number > 0 ? std::optional(number) : std::nullopt;
}

/// Rows `first` to `first + count` of an input, its last one repeated where it has fewer.
at::Tensor padded_rows(const at::Tensor& input, std::int64_t first, std::int64_t count) {
  const std::int64_t own = std::min(count, input.size(0) - first);
  const at::Tensor rows = input.narrow(0, first, own);
  if (own == count) return rows;
  std::vector<std::int64_t> shape = input.sizes().vec();
  shape.front() = count - own;
  return at::cat({rows, input.narrow(0, input.size(0) - 1, 1).expand(shape)});
}

class PackageModel final : public Model {
 public:
  explicit PackageModel(const PackageOptions& options)
      : path_(options.path.string()), output_(path_, options.output), loader_(load(options.path)) {
    const std::vector<std::string> specs = loader_->get_call_spec();
    std::vector<std::string> names;
    try {
      names = argument_names(specs.at(0));
      result_spec_ = specs.at(1);
    } catch (const std::exception& error) {
      throw ModelError(path_ + ": " + error.what());
    }
    take_arguments(std::move(names), options.arguments);
    for (const auto& [name, constant] : loader_->get_runner()->extract_constants_map(false)) {
      parameter_count_ += static_cast<std::size_t>(constant.numel());
      if (constant.is_floating_point()) float_dtypes_.insert(constant.scalar_type());
    }
  }

  const std::string& path() const noexcept override { return path_; }
  const std::vector<ModelArgument>& arguments() const noexcept override { return arguments_; }
  bool takes_dictionary() const noexcept override { return false; }
  std::size_t parameter_count() const noexcept override { return parameter_count_; }
  std::optional<c10::ScalarType> float_dtype() const noexcept override {
    return float_dtypes_.size() == 1 ? std::optional(*float_dtypes_.begin()) : std::nullopt;
  }

  at::Tensor run(std::span<const std::string> input_names, std::span<const at::Tensor> inputs) const override {
    const c10::IValue result = call(input_names, inputs);
    output_.check_selector(result);
    return output_.read(result, inputs.front().size(0));
  }

  std::vector<ModelOutput> outputs(std::span<const std::string> input_names,
                                   std::span<const at::Tensor> inputs) const override {
    return tensors_of(call(input_names, inputs));
  }

 private:
  std::unique_ptr<Loader> load(const std::filesystem::path& path) const {
    check_package_file(path);
    // Without it a package computes with what lies in memory where shapes or types are not those it was compiled for.
    setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", 1);
    silence_package_calls();
    try {
      const PackageCall call;
      // Each of them runs one call at a time; they share the weights.
      const std::size_t runner_count = std::max(1u, std::thread::hardware_concurrency());
      auto loader = std::make_unique<Loader>(path.string(), "model", false, runner_count);
      const std::string device = loader->get_metadata()["AOTI_DEVICE_KEY"];
      if (!device.empty() && device != "cpu") {
        throw ModelError(path_ + ": expected a package that was compiled for the processor, got one for " + device +
                         "; export the model on the device cpu");
      }
      return loader;
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw ModelError(path_ + ": expected a compiled package, got: " + one_line_reason(error));
    }
  }

  void take_arguments(std::vector<std::string> names, const std::vector<std::string>& given) {
    if (names.empty()) throw ModelError(path_ + ": expected forward() to take tensors, got no such argument");
    if (!given.empty() && given.size() != names.size()) {
      throw ConfigError("model.arguments: expected a name for each of the " + std::to_string(names.size()) +
                        " tensors that forward() of " + path_ + " takes, got " + std::to_string(given.size()));
    }
    if (!given.empty()) names = given;
    if (std::ranges::find(names, std::string()) != names.end()) {
      throw ConfigError("model.arguments: expected the names of the " + std::to_string(names.size()) +
                        " tensors that forward() of " + path_ +
                        " takes, in its order, got none; a package has them where it was exported by keyword: "
                        "torch.export.export(model, (), {\"name\": tensor, ...})");
    }
    if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) {
      throw ConfigError("model.arguments: expected names that differ, got one of them twice in " + path_);
    }
    for (const std::string& name : names) arguments_.push_back({name, "Tensor", false});
  }

  /// The result for all rows, whatever number of rows the package takes in a call.
  c10::IValue call(std::span<const std::string> names, std::span<const at::Tensor> inputs) const {
    const c10::InferenceMode inference_mode;
    try {
      Tensors ordered;
      for (const ModelArgument& argument : arguments_) {
        const auto found = std::ranges::find(names, argument.name);
        if (found == names.end()) throw std::invalid_argument("argument '" + argument.name + "' is missing");
        ordered.push_back(inputs[static_cast<std::size_t>(found - names.begin())].contiguous());
      }
      return arranged_result(result_spec_, run_rows(ordered));
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw_forward_failed(path_, names, inputs, error);
    }
  }

  Tensors run_rows(const Tensors& inputs) const {
    // Each try learns one bound.
    for (int attempt = 0; attempt < 3; ++attempt) {
      const RowRange range{least_rows_.load(), most_rows_.load()};
      try {
        return run_in_calls(inputs, range);
      } catch (const std::exception& error) {
        if (!learn(error.what(), range)) throw;
      }
    }
    return run_in_calls(inputs, {least_rows_.load(), most_rows_.load()});
  }

  Tensors run_in_calls(const Tensors& inputs, const RowRange& range) const {
    const std::int64_t row_count = inputs.front().size(0);
    std::vector<Tensors> parts;
    for (std::int64_t first = 0; first < row_count; first += range.most) {
      const std::int64_t own = std::min(range.most, row_count - first);
      const std::int64_t count = std::max(own, range.least);
      Tensors rows;
      // Copies, as a program may write to its inputs.
      for (const at::Tensor& input : inputs) rows.push_back(padded_rows(input, first, count).clone());
      const PackageCall call;
      Tensors results = loader_->run(rows);
      for (at::Tensor& result : results) {
        // What has no row for every row is what it is: the reader of the output, or the user, says so.
        if (result.dim() > 0 && result.size(0) == count) result = result.narrow(0, 0, own);
      }
      parts.push_back(std::move(results));
    }
    if (parts.size() == 1) return std::move(parts.front());
    Tensors joined;
    for (std::size_t output = 0; !parts.empty() && output < parts.front().size(); ++output) {
      Tensors pieces;
      for (const Tensors& part : parts) pieces.push_back(part[output]);
      joined.push_back(pieces.front().dim() == 0 ? pieces.front() : at::cat(pieces));
    }
    return joined;
  }

  /// Takes the number of rows from what a package says that was called with another one than it takes; whether it is
  /// one that was not `tried`.
  bool learn(std::string_view message, const RowRange& tried) const {
    const auto count = number_behind(message, "unmatched dim value at 0, expected: ");
    const auto least = count ? count : number_behind(message, "dim value is too small at 0, expected it to be >= ");
    const auto most = count ? count : number_behind(message, "dim value is too large at 0, expected to be <= ");
    if (least) least_rows_ = *least;
    if (most) most_rows_ = *most;
    return (least && *least != tried.least) || (most && *most != tried.most);
  }

  std::string path_;
  OutputReader output_;
  std::unique_ptr<Loader> loader_;
  std::string result_spec_;
  std::vector<ModelArgument> arguments_;
  std::size_t parameter_count_ = 0;
  std::set<c10::ScalarType> float_dtypes_;
  mutable std::atomic<std::int64_t> least_rows_ = RowRange().least;
  mutable std::atomic<std::int64_t> most_rows_ = RowRange().most;
};

}  // namespace

bool reads_packages() noexcept {
  return true;
}

std::unique_ptr<Model> load_package_model(const PackageOptions& options) {
  return std::make_unique<PackageModel>(options);
}

}  // namespace modattr
