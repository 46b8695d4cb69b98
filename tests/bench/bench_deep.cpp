// What Deep SHAP costs beside one forward and backward pass of the same rows:
//   modattr_bench_deep MODEL.pt DATA.npz ROWS INPUT...
// Prints milliseconds per call of ROWS rows, medians on one thread, and their ratio.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/api/module.h>

#include "graph/torchscript_program.h"
#include "graph_engines/graph_pass.h"
#include "modattr/data/dataset.h"
#include "modattr/model/call_threads.h"
#include "modattr/model/torchscript_model.h"

namespace {

double milliseconds(const std::function<void()>& work) {
  constexpr int kCalls = 9;
  work();
  std::vector<double> times;
  for (int call = 0; call < kCalls; ++call) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::nth_element(times, times.begin() + kCalls / 2);
  return times[kCalls / 2];
}

}  // namespace

int main(int count, char** words) {
  using namespace modattr;
  if (count < 5) {
    std::cerr << "usage: modattr_bench_deep MODEL.pt DATA.npz ROWS INPUT...\n";
    return 2;
  }
  use_one_thread_per_call(1);
  const std::vector<std::string> names(words + 4, words + count);
  const auto row_count = static_cast<std::uint32_t>(std::atoi(words[3]));
  const auto model = load_torchscript_model({.path = words[1], .device = "cpu"});
  const Dataset dataset({.path = words[2], .inputs = names, .content = DatasetContent::kInputsOnly});
  PassData data;
  std::vector<std::uint32_t> rows(row_count);
  std::vector<std::int64_t> sizes;
  for (std::size_t input = 0; input < names.size(); ++input) {
    std::iota(rows.begin(), rows.end(), 0U);
    data.x.push_back(dataset.gather(input, rows));
    std::iota(rows.begin(), rows.end(), row_count);
    data.b.push_back(dataset.gather(input, rows));
    sizes.push_back(data.x.back().numel() / row_count);
  }
  data.examples.assign(row_count, 0);
  const auto output_width = static_cast<std::size_t>(model->run(names, data.x).size(1));
  const Target target(
      {.kind = OutputKind::kRegression, .output_width = output_width, .value = ValueKind::kOutput, .classes = {0}});
  const TargetFunction value(target, 1);
  const InputElements elements(sizes);
  std::vector<std::uint64_t> modalities;
  for (std::size_t input = 0; input < names.size(); ++input) modalities.push_back(std::uint64_t{1} << input);
  const GraphPass pass({.program = *model->program(),
                        .input_names = names,
                        .modalities_of_input = modalities,
                        .target = value,
                        .elements = elements});

  const double forward = milliseconds([&] { model->run(names, data.x); });
  const at::Tensor at_example = at::ones({static_cast<std::int64_t>(row_count)}, at::kDouble);
  const double gradient = milliseconds([&] { pass.gradients(data, at_example, false); });
  PassResult result;
  const double deep = milliseconds([&] { result = pass.multipliers(data); });
  // As for deep.owen: from removed data to the example's, one input after the other, without and with what is the same
  // in several passes.
  const auto by_input = [&](bool remembers) {
    return milliseconds([&] {
      SideMemo memo(remembers ? std::size_t{1} << 30 : 0);
      const std::uint64_t all = (std::uint64_t{1} << names.size()) - 1;
      for (std::uint64_t own = 1; own <= all; own *= 2) {
        for (std::uint64_t others = 0; others <= all; ++others) {
          if ((others & own) != 0) continue;
          PassData part{.x = {},
                        .b = {},
                        .examples = data.examples,
                        .x_modalities = {.own = others | own},
                        .b_modalities = {.own = others}};
          for (std::size_t input = 0; input < names.size(); ++input) {
            part.x.push_back((part.x_modalities.own >> input & 1U) != 0 ? data.x[input] : data.b[input]);
            part.b.push_back((part.b_modalities.own >> input & 1U) != 0 ? data.x[input] : data.b[input]);
          }
          pass.multipliers(part, &memo);
        }
      }
    });
  };
  const double owen_apart = by_input(false);
  const double owen = by_input(true);
  at::Tensor total = result.credits.by_element.sum(1);
  for (const auto& [inputs, sums] : result.credits.unplaced) total = total + sums;
  const at::Tensor change = result.x - result.b;
  const double gap = ((total - change).abs().sum() / change.abs().sum()).item<double>();
  std::cout << words[1] << ": forward " << forward << " ms, forward and backward " << gradient << " ms, Deep SHAP "
            << deep << " ms: " << deep / gradient << " times; gap " << gap << " of the difference, "
            << static_cast<double>(result.byte_count) / row_count / 1048576.0 << " MiB computed per pair\n"
            << "  one input after the other " << owen_apart << " ms, remembering what is the same " << owen << " ms\n";
}
