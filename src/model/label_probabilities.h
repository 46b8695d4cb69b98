#pragma once

#include <string>

#include <torch/csrc/jit/api/module.h>

#include "modattr/graph/output_selector.h"

namespace modattr {

/// A causal language model as one whose output is the logarithms of the probabilities of label tokens, [rows, label
/// positions], and 1 at ignored ones. Its forward() has one argument more, `label_argument`: token ids [rows, label
/// positions], -100 = ignored. logits [rows, positions, vocabulary] at position t - 1 predict token t (the Hugging Face
/// convention); with more positions than labels (an image before the text) labels are those of the last positions. The
/// label of the very first position is predicted by nothing, and ignored; a row without any other label is nan. Throws
/// ConfigError when `output` is no part of the model's result, or the argument's name cannot be one.
torch::jit::Module with_label_probabilities(const torch::jit::Module& model, const OutputSelector& output,
                                            const std::string& label_argument, const std::string& path);

}  // namespace modattr
