#include "guessed_task.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/data/array_tensor.h"

namespace modattr {
namespace {

std::string part_name(const ModelOutput& output) {
  if (!output.selector) return {};
  const auto* index = std::get_if<std::size_t>(&*output.selector);
  return index != nullptr ? std::to_string(*index) : std::get<std::string>(*output.selector);
}

std::string list_of(const std::vector<ModelOutput>& outputs) {
  std::string list;
  for (const ModelOutput& output : outputs) {
    list += (list.empty() ? "" : ", ") + selector_text(*output.selector) + " " + describe(output.tensor);
  }
  return list;
}

/// What the numbers of labels are.
struct LabelFacts {
  bool is_whole = true;
  bool is_zero_or_one = true;
  /// Every number is the least or the most.
  bool has_two_values = true;
  /// Every row has a single 1 and zeros.
  bool is_one_hot = true;
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
};

/// Hands the numbers of an array on, some rows at a time.
void for_rows(const Array& label, const std::function<void(std::span<const double> values, std::size_t rows)>& visit) {
  constexpr std::size_t kRowsAtATime = 1024;
  for (std::size_t first = 0; first < label.row_count(); first += kRowsAtATime) {
    const std::size_t row_count = std::min(kRowsAtATime, label.row_count() - first);
    visit(to_doubles(rows_of(label, first, row_count)), row_count);
  }
}

bool consists_of(const Array& label, double one, double other) {
  bool does = true;
  for_rows(label, [&](std::span<const double> values, std::size_t) {
    does &= std::ranges::all_of(values, [&](double value) { return value == one || value == other; });
  });
  return does;
}

LabelFacts facts_of(const Array& label) {
  LabelFacts facts;
  for_rows(label, [&](std::span<const double> values, std::size_t row_count) {
    for (const double value : values) {
      facts.is_whole &= std::isfinite(value) && value == std::floor(value);
      facts.is_zero_or_one &= value == 0.0 || value == 1.0;
      facts.least = std::min(facts.least, value);
      facts.most = std::max(facts.most, value);
    }
    const std::size_t width = values.size() / row_count;
    for (std::size_t row = 0; row < row_count && facts.is_one_hot; ++row) {
      facts.is_one_hot = std::ranges::count(values.subspan(row * width, width), 1.0) == 1;
    }
  });
  facts.is_one_hot &= facts.is_zero_or_one;
  facts.has_two_values = facts.is_whole && facts.least < facts.most && consists_of(label, facts.least, facts.most);
  return facts;
}

/// Whether these look like probabilities, each by itself. Answers that are all 0 or 1 say nothing.
bool are_fractions(const at::Tensor& output) {
  const at::Tensor numbers = output.to(at::kDouble);
  const bool is_between = numbers.ge(0.0).logical_and(numbers.le(1.0)).all().item<bool>();
  return is_between && !numbers.eq(numbers.round()).all().item<bool>();
}

/// Whether these look like probabilities of classes.
bool are_probabilities(const at::Tensor& output, std::int64_t width) {
  constexpr double kRounding = 1e-3;
  if (!are_fractions(output)) return false;
  const at::Tensor numbers = output.to(at::kDouble).reshape({-1, width});
  return width == 1 || numbers.sum(1).sub(1.0).abs().le(kRounding).all().item<bool>();
}

std::string classifier_kind(const at::Tensor& output, std::int64_t width) {
  return output.defined() && are_probabilities(output, width) ? "probabilities" : "logits";
}

std::string answers_text(const at::Tensor& output) {
  return output.defined() ? "answers " + describe(output) : "answers that are not known";
}

/// Labels of one number per example.
GuessedTask guess_of_numbers(const at::Tensor& output, std::int64_t width, const Array& label,
                             const LabelFacts& facts) {
  const bool is_integer = is_integral(label);
  const bool fits = facts.is_whole && facts.least >= 0.0;
  const bool are_classes = width == 1   ? facts.is_zero_or_one
                           : width == 0 ? is_integer || facts.is_zero_or_one
                                        : is_integer || (fits && facts.most < static_cast<double>(width));
  if (!are_classes) {
    const bool may_be_classes = width <= 1 && facts.is_whole && facts.has_two_values;
    return {"regression", "mse",
            answers_text(output) + " and labels that are numbers" +
                (may_be_classes ? "; if these two are classes, save them as 0 and 1" : "")};
  }
  const std::string kind = classifier_kind(output, width);
  return {kind, "accuracy",
          answers_text(output) + (kind == "probabilities" ? " between 0 and 1" : "") + " and labels that are classes"};
}

/// Labels [rows, outputs].
GuessedTask guess_of_rows(const at::Tensor& output, std::int64_t width, const Array& label, const LabelFacts& facts) {
  const std::string kind = classifier_kind(output, width);
  if (facts.is_one_hot) return {kind, "accuracy", answers_text(output) + " and labels that are one-hot classes"};
  if (facts.is_zero_or_one && (width == 0 || width == label.shape[1])) {
    const bool is_fraction = output.defined() && are_fractions(output);
    return {is_fraction ? "multilabel_probabilities" : "multilabel", "macro_f1",
            answers_text(output) + (is_fraction ? " between 0 and 1" : "") + " and one label of 0 or 1 per output"};
  }
  if (facts.is_whole && facts.least >= 0.0) {
    return {kind, "vqa_accuracy", answers_text(output) + " and labels that are counts of answers"};
  }
  const bool may_be_soft = facts.least >= 0.0 && facts.most <= 1.0 && width == label.shape[1];
  return {"regression", "mse",
          answers_text(output) + " and several numbers per label" +
              (may_be_soft ? "; if they are shares of people who gave an answer (VQA), save the counts" : "")};
}

GuessedTask guess_freely(const at::Tensor& output, const Array* label) {
  const std::int64_t width = !output.defined() ? 0 : output.dim() == 2 ? output.size(1) : 1;
  if (output.defined() && output.dim() == 3) {
    if (label == nullptr || label->shape.size() != 2 || !is_integral(*label)) {
      throw ConfigError("init: expected labels of token ids [N, positions] for answers " + describe(output) +
                        " [rows, positions, vocabulary] of a language model, got " +
                        (label == nullptr ? "none" : describe(*label)) + "; name them with " + option("label") +
                        ", or another part of the result with " + option("output"));
    }
    return {"causal_lm", "log_loss", answers_text(output) + " for every token, and labels that are tokens"};
  }
  if (label == nullptr) {
    if (width == 1) return {"regression", "output", answers_text(output) + " and no labels"};
    return {classifier_kind(output, std::max<std::int64_t>(width, 1)), std::nullopt,
            answers_text(output) + " and no labels"};
  }
  const LabelFacts facts = facts_of(*label);
  const bool is_one_per_row = label->shape.size() == 1 || (label->shape.size() == 2 && label->shape[1] == 1);
  if (is_one_per_row) return guess_of_numbers(output, width, *label, facts);
  if (label->shape.size() == 2) return guess_of_rows(output, width, *label, facts);
  throw ConfigError("init: expected labels [N] or [N, K], got '" + label->name + "' " + describe(*label) + "; " +
                    option("label") + " names another array");
}

std::optional<std::string> metric_of(const std::string& kind, const Array* label) {
  if (kind == "regression") return label == nullptr ? "output" : "mse";
  if (label == nullptr) return std::nullopt;
  if (kind == "causal_lm") return "log_loss";
  if (kind == "multilabel" || kind == "multilabel_probabilities") return "macro_f1";
  const bool has_rows = label->shape.size() == 2 && label->shape[1] > 1;
  return has_rows && !facts_of(*label).is_one_hot ? "vqa_accuracy" : "accuracy";
}

}  // namespace

std::string selector_text(const OutputSelector& selector) {
  const auto* index = std::get_if<std::size_t>(&selector);
  return index != nullptr ? std::to_string(*index) : "'" + std::get<std::string>(selector) + "'";
}

const ModelOutput& choose_output(const std::vector<ModelOutput>& outputs, const std::optional<std::string>& wanted,
                                 const std::string& model_path) {
  if (outputs.empty()) throw ModelError(model_path + ": output: expected a tensor, got none");
  const bool is_plain = !outputs.front().selector;
  if (wanted) {
    if (is_plain) {
      throw ConfigError(option("output") + ": expected none, as " + model_path + " returns one tensor, got '" +
                        *wanted + "'");
    }
    std::vector<std::string> names;
    for (const ModelOutput& output : outputs) names.push_back(part_name(output));
    const auto found = std::ranges::find(names, *wanted);
    if (found == names.end()) {
      throw ConfigError(option("output") + ": unknown '" + *wanted + "'" + suggestion(*wanted, names));
    }
    return outputs[static_cast<std::size_t>(found - names.begin())];
  }
  if (outputs.size() == 1 && (is_plain || outputs.front().tensor.dim() > 0)) return outputs.front();
  const auto named = std::ranges::find(outputs, std::string("logits"), part_name);
  if (named != outputs.end()) return *named;
  const auto is_table = [](const ModelOutput& output) {
    return output.tensor.is_floating_point() && output.tensor.dim() == 2;
  };
  if (std::ranges::count_if(outputs, is_table) == 1) return *std::ranges::find_if(outputs, is_table);
  throw ConfigError(option("output") + ": expected the part of the result of " + model_path +
                    " that its answers are, got none of: " + list_of(outputs) +
                    "; tuples and dictionaries within the result are not read");
}

GuessedTask guess_task(const at::Tensor& output, const Array* label, const std::optional<std::string>& kind) {
  if (!kind) return guess_freely(output, label);
  if (*kind == "causal_lm" && label == nullptr) {
    throw ConfigError(option("kind") + " causal_lm: expected labels of token ids, got none; name them with " +
                      option("label"));
  }
  return {*kind, metric_of(*kind, label), option("kind")};
}

}  // namespace modattr
