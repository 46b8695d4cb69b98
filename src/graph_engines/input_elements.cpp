#include "input_elements.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "graph_engines/rules/rule_function.h"

namespace modattr {

InputElements::InputElements(const std::vector<std::int64_t>& sizes) : first_{0} {
  for (const std::int64_t size : sizes) first_.push_back(first_.back() + size);
}

at::Tensor InputElements::origin(std::size_t input, const at::Tensor& data) const {
  const std::int64_t row_count = data.size(0);
  const at::Tensor rows = at::arange(row_count, at::kLong).unsqueeze(1) * count();
  const at::Tensor own = at::arange(first_[input], first_[input + 1], at::kLong).unsqueeze(0);
  return (rows + own).reshape(data.sizes());
}

Credits credits_of(const std::vector<Leaf>& leaves, const std::vector<at::Tensor>& multipliers,
                   const InputElements& elements, std::int64_t row_count) {
  Credits credits{at::zeros({row_count * elements.count()}, at::kDouble), {}};
  for (std::size_t place = 0; place < leaves.size(); ++place) {
    if (!multipliers[place].defined()) continue;
    const Leaf& leaf = leaves[place];
    const at::Tensor x = plain(leaf.x);
    // Equal infinities do not differ.
    const at::Tensor difference = at::nan_to_num(x - leaf.b, 0.0);
    const at::Tensor own = (multipliers[place].to(at::kDouble) * difference).cpu();
    at::Tensor by_row_sums;
    if (leaf.origin.defined()) {
      const at::Tensor origin = leaf.origin.reshape({-1});
      const at::Tensor parts = own.reshape({origin.size(0), -1}).sum(1);
      const at::Tensor is_known = origin >= 0;
      credits.by_element.index_add_(0, origin.clamp_min(0), at::where(is_known, parts, at::zeros_like(parts)));
      continue;
    }
    at::Tensor sums = row_sums(own, row_count);
    // A sum over the batch is nobody's in particular.
    if (sums.size(0) != row_count) sums = sums.expand({row_count}) / row_count;
    const auto [entry, is_new] = credits.unplaced.try_emplace(leaf.inputs, sums);
    if (!is_new) entry->second = entry->second + sums;
  }
  credits.by_element = credits.by_element.reshape({row_count, elements.count()});
  return credits;
}

}  // namespace modattr
