#pragma once

namespace modattr {

/// P(T <= value) of Student's t with `degrees_of_freedom` > 0, infinity for the normal distribution.
double student_probability(double value, double degrees_of_freedom);

/// The value that Student's t does not exceed with `probability`, from 0 to 1 without its ends; to 1e-10 of its size.
double student_quantile(double probability, double degrees_of_freedom);

}  // namespace modattr
