#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace modattr {

/// What an answer to an example says.
struct AnswerReading {
  bool is_right = false;
  double probability = 0.0;
  /// Of the class that was asked about; 0 where none was.
  double class_probability = 0.0;
  /// 0 where no class is the label.
  double margin = 0.0;
};

/// Says whether an output of the model is a right answer to an example, and how close to one it is. Safe to call from
/// many threads.
class AnswerJudge {
 public:
  virtual ~AnswerJudge() = default;
  virtual bool is_right(std::span<const double> output, std::size_t example) const = 0;
  /// Probability that the model gives to the right answer, from 0 to 1; of a regression, a number that falls from 1
  /// with the error and is 1/2 where the answer becomes wrong.
  virtual double probability(std::span<const double> output, std::size_t example) const = 0;
  /// Logit of the label less the largest other one; nullopt where no class is the label.
  virtual std::optional<double> margin(std::span<const double> output, std::size_t example) const = 0;
  /// The most probable class; nullopt where outputs are no classes.
  virtual std::optional<std::size_t> predicted(std::span<const double> output) const = 0;
  /// Probability of a class that predicted() returned.
  virtual double class_probability(std::span<const double> output, std::size_t predicted) const = 0;
  /// is_right(), probability(), class_probability() of `predicted` and margin() at once.
  virtual AnswerReading read(std::span<const double> output, std::size_t example,
                             std::optional<std::size_t> predicted) const {
    return {.is_right = is_right(output, example),
            .probability = probability(output, example),
            .class_probability = predicted ? class_probability(output, *predicted) : 0.0,
            .margin = margin(output, example).value_or(0.0)};
  }
  /// Numbers that tell answers apart by their distance, the same for every example; 0 where answers to different
  /// examples cannot be compared.
  virtual std::size_t behaviour_width() const noexcept = 0;
  /// Writes them, [behaviour_width].
  virtual void behaviour(std::span<const double> output, std::span<float> numbers) const = 0;
  /// A group of examples with equal or similar labels; nullopt where labels are not compared.
  virtual std::optional<std::uint32_t> label_group(std::size_t example) const = 0;
  /// When an answer is wrong, e.g. "abs_error > 0.5"; empty where it goes without saying.
  virtual std::string rule() const = 0;
};

}  // namespace modattr
