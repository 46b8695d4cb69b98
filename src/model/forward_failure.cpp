#include "forward_failure.h"

#include "modattr/core/error.h"
#include "modattr/data/array_tensor.h"
#include "modattr/graph/torch_errors.h"

namespace modattr {

void throw_forward_failed(const std::string& path, std::span<const std::string> input_names,
                          std::span<const at::Tensor> inputs, const std::exception& error) {
  std::string listing;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    listing += (input == 0 ? "" : ", ") + input_names[input] + " " + describe(inputs[input]);
  }
  throw ModelError(path + ": forward() failed on " + listing + ": " + one_line_reason(error));
}

}  // namespace modattr
