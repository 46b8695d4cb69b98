#include "output_reader.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/data/array_tensor.h"

namespace modattr {

std::vector<ModelOutput> tensors_of(const c10::IValue& result) {
  std::vector<ModelOutput> outputs;
  const auto add = [&](std::optional<OutputSelector> selector, const c10::IValue& value) {
    if (value.isTensor() && value.toTensor().defined()) {
      outputs.push_back({std::move(selector), value.toTensor().to(at::kCPU)});
    }
  };
  if (result.isGenericDict()) {
    for (const auto& entry : result.toGenericDict()) {
      if (entry.key().isString()) add(entry.key().toStringRef(), entry.value());
    }
  } else if (result.isTuple()) {
    const auto& items = result.toTupleRef().elements();
    for (std::size_t index = 0; index < items.size(); ++index) add(index, items[index]);
  } else if (result.isList()) {
    const std::vector<c10::IValue> items = result.toListRef().vec();
    for (std::size_t index = 0; index < items.size(); ++index) add(index, items[index]);
  } else {
    add(std::nullopt, result);
  }
  return outputs;
}

OutputReader::OutputReader(std::string path, OutputSelector selector)
    : path_(std::move(path)), selector_(std::move(selector)) {}

void OutputReader::check_selector(const c10::IValue& result) const {
  const auto* index = std::get_if<std::size_t>(&selector_);
  if (!result.isTensor() || (index != nullptr && *index == 0)) return;
  throw ConfigError("model.output: expected none, as " + path_ + " returns one tensor, got " +
                    (index ? std::to_string(*index) : "'" + std::get<std::string>(selector_) + "'"));
}

at::Tensor OutputReader::select(const c10::IValue& result) const {
  if (result.isTensor()) return result.toTensor();
  c10::IValue selected;
  if (result.isGenericDict()) {
    selected = select_key(result.toGenericDict());
  } else if (result.isTuple() || result.isList()) {
    const std::vector<c10::IValue> items =
        result.isTuple()
            ? std::vector<c10::IValue>(result.toTupleRef().elements().begin(), result.toTupleRef().elements().end())
            : result.toListRef().vec();
    const auto* index = std::get_if<std::size_t>(&selector_);
    if (index == nullptr || *index >= items.size()) {
      throw ConfigError("model.output: expected an index below " + std::to_string(items.size()) + " as " + path_ +
                        " returns a tuple, got " +
                        (index ? std::to_string(*index) : "'" + std::get<std::string>(selector_) + "'"));
    }
    selected = items[*index];
  } else {
    selected = result;
  }
  if (!selected.isTensor()) {
    throw ModelError(path_ + ": output: expected a tensor, got " + selected.type()->repr_str() + advice(result));
  }
  return selected.toTensor();
}

std::string OutputReader::advice(const c10::IValue& result) const {
  std::string parts;
  for (const ModelOutput& output : tensors_of(result)) {
    if (!output.selector) continue;
    const auto* index = std::get_if<std::size_t>(&*output.selector);
    const std::string part = index ? std::to_string(*index) : "\"" + std::get<std::string>(*output.selector) + "\"";
    parts += (parts.empty() ? "" : ", ") + part + " " + describe(output.tensor);
  }
  return parts.empty() ? "; return the logits, a tensor, from forward()"
                       : "; set model.output to the part that the answers are: " + parts;
}

c10::IValue OutputReader::select_key(const c10::Dict<c10::IValue, c10::IValue>& dictionary) const {
  std::vector<std::string> keys;
  for (const auto& entry : dictionary) {
    if (entry.key().isString()) keys.push_back(entry.key().toStringRef());
  }
  const auto* key = std::get_if<std::string>(&selector_);
  // Without a key a dictionary of one is clear enough.
  if (key == nullptr && keys.size() == 1) return dictionary.begin()->value();
  if (key == nullptr || std::ranges::find(keys, *key) == keys.end()) {
    std::ranges::sort(keys);
    throw ConfigError("model.output: expected a key of the dictionary that " + path_ + " returns, got " +
                      (key ? "'" + *key + "'" : std::to_string(std::get<std::size_t>(selector_))) +
                      suggestion(key ? *key : "", keys));
  }
  return dictionary.at(*key);
}

at::Tensor OutputReader::read(const c10::IValue& result, std::int64_t row_count) const {
  const at::Tensor output = select(result);
  if (!output.defined() || output.dim() == 0 || output.dim() > 2 || output.size(0) != row_count ||
      output.numel() == 0) {
    throw ModelError(path_ + ": output: expected [" + std::to_string(row_count) + "] or [" + std::to_string(row_count) +
                     ", outputs] for " + std::to_string(row_count) + " rows, got " +
                     (output.defined() ? describe(output) : "an undefined tensor"));
  }
  if (output.is_complex()) throw ModelError(path_ + ": output: expected real numbers, got " + describe(output));
  return output.to(at::kCPU, at::kDouble).reshape({row_count, -1}).contiguous();
}

}  // namespace modattr
