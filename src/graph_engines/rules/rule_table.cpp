#include "rule_table.h"

#include <unordered_map>
#include <unordered_set>

namespace modattr {
namespace {

std::unordered_map<std::string_view, Rule> all_rules() {
  std::unordered_map<std::string_view, Rule> table;
  for (const auto& rules : {activation_rules(), product_rules(), softmax_rules(), norm_rules(), pooling_rules(),
                            recurrent_rules(), attention_rules()}) {
    for (const NamedRule& named : rules) table.emplace(named.name, named.rule);
  }
  return table;
}

/// Linear in all their tensors at once.
const std::unordered_set<std::string_view>& jointly_linear() {
  static const std::unordered_set<std::string_view> names = {
      // Sums and means.
      "add", "sub", "rsub", "subtract", "neg", "negative", "positive", "sum", "mean", "nansum", "cumsum", "trace",
      "diff",
      // Places.
      "cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack", "chunk", "ConstantChunk",
      "split", "split_with_sizes", "unbind", "tensor_split", "gather", "index", "index_select", "select", "slice",
      "narrow", "take", "take_along_dim", "masked_fill", "masked_select", "masked_scatter", "where", "scatter",
      "scatter_add", "index_put", "index_add", "index_copy", "index_fill", "select_scatter", "slice_scatter", "copy",
      "fill", "zero", "pad", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d",
      "replication_pad1d", "replication_pad2d", "replication_pad3d", "_pad_circular", "pixel_shuffle",
      "pixel_unshuffle", "channel_shuffle", "roll", "flip", "fliplr", "flipud", "rot90", "repeat", "repeat_interleave",
      "tile", "expand", "expand_as", "broadcast_to", "broadcast_tensors", "meshgrid", "im2col", "col2im", "unfold",
      "tril", "triu", "diag", "diagonal", "diag_embed", "diagflat", "block_diag",
      // Shapes and types.
      "view", "view_as", "reshape", "reshape_as", "_reshape_alias", "_unsafe_view", "flatten", "unflatten", "squeeze",
      "unsqueeze", "transpose", "permute", "movedim", "moveaxis", "swapaxes", "swapdims", "t", "numpy_T", "mT", "T",
      "adjoint", "contiguous", "clone", "alias", "to", "_to_copy", "type_as", "float", "double", "cpu", "cuda",
      "lift_fresh", "lift_fresh_copy", "as_strided", "ravel", "real", "imag", "view_as_real", "view_as_complex",
      "resolve_conj", "resolve_neg", "conj",
      // Questions about the tensor itself, which have no numbers for an answer.
      "unchecked_cast", "_unwrap_optional", "__is__", "__isnot__", "len", "size", "dim", "numel", "is_floating_point",
      "is_complex", "__contains__",
      // What is done with lists and dictionaries of tensors.
      "__getitem__", "append", "extend", "insert", "pop", "_set_item", "list", "reverse", "clear", "remove", "keys",
      "values", "items", "get", "update", "setdefault",
      // Layers in evaluation mode.
      "avg_pool1d", "avg_pool2d", "avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
      "_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d",
      "_upsample_nearest_exact1d", "_upsample_nearest_exact2d", "upsample_linear1d", "upsample_bilinear2d",
      "_upsample_bilinear2d_aa", "upsample_bicubic2d", "_upsample_bicubic2d_aa", "upsample_trilinear3d",
      "__interpolate", "interpolate", "affine_grid_generator", "fft_fft", "fft_rfft", "fft_irfft", "fft_ifft",
      "fft_fft2", "fft_rfft2", "fft_irfft2", "stft", "istft", "trapz", "trapezoid"};
  return names;
}

/// Linear where one of their tensors varies, in the one whose place is among these.
struct PartlyLinear {
  std::vector<std::size_t> places;
  /// Added to the rest, so that it may vary as well.
  std::optional<std::size_t> bias = std::nullopt;
};

const std::unordered_map<std::string_view, PartlyLinear>& partly_linear() {
  static const std::unordered_map<std::string_view, PartlyLinear> table = {{"mul", {{0, 1}}},
                                                                           {"multiply", {{0, 1}}},
                                                                           {"matmul", {{0, 1}}},
                                                                           {"bmm", {{0, 1}}},
                                                                           {"mm", {{0, 1}}},
                                                                           {"mv", {{0, 1}}},
                                                                           {"dot", {{0, 1}}},
                                                                           {"vdot", {{0, 1}}},
                                                                           {"inner", {{0, 1}}},
                                                                           {"outer", {{0, 1}}},
                                                                           {"ger", {{0, 1}}},
                                                                           {"kron", {{0, 1}}},
                                                                           {"tensordot", {{0, 1}}},
                                                                           {"cross", {{0, 1}}},
                                                                           {"linalg_cross", {{0, 1}}},
                                                                           {"div", {{0}}},
                                                                           {"divide", {{0}}},
                                                                           {"true_divide", {{0}}},
                                                                           {"linear", {{0, 1}, 2}},
                                                                           {"addmm", {{1, 2}, 0}},
                                                                           {"baddbmm", {{1, 2}, 0}},
                                                                           {"addbmm", {{1, 2}, 0}},
                                                                           {"addmv", {{1, 2}, 0}},
                                                                           {"addcmul", {{1, 2}, 0}},
                                                                           {"addcdiv", {{1}, 0}},
                                                                           {"conv1d", {{0, 1}, 2}},
                                                                           {"conv2d", {{0, 1}, 2}},
                                                                           {"conv3d", {{0, 1}, 2}},
                                                                           {"convolution", {{0, 1}, 2}},
                                                                           {"_convolution", {{0, 1}, 2}},
                                                                           {"conv_transpose1d", {{0, 1}, 2}},
                                                                           {"conv_transpose2d", {{0, 1}, 2}},
                                                                           {"conv_transpose3d", {{0, 1}, 2}},
                                                                           {"bilinear", {{0, 1}, 3}},
                                                                           {"grid_sampler", {{0}}},
                                                                           {"grid_sampler_2d", {{0}}},
                                                                           {"dropout", {{0}}},
                                                                           {"feature_dropout", {{0}}},
                                                                           {"alpha_dropout", {{0}}}};
  return table;
}

}  // namespace

Rule find_rule(std::string_view name) {
  static const std::unordered_map<std::string_view, Rule> table = all_rules();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

bool is_linear(std::string_view name, const std::vector<std::size_t>& varying) {
  if (jointly_linear().contains(name)) return true;
  // Its one list of tensors varies: linear unless two of them do.
  const auto found = partly_linear().find(name);
  if (found == partly_linear().end()) return false;
  std::size_t factor_count = 0;
  for (const std::size_t place : varying) {
    if (place == found->second.bias) continue;
    bool is_factor = false;
    for (const std::size_t known : found->second.places) is_factor |= known == place;
    if (!is_factor) return false;
    ++factor_count;
  }
  return factor_count <= 1;
}

}  // namespace modattr
