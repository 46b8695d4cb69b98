#pragma once

#include <vector>

#include "modattr/core/byte_codec.h"
#include "modattr/core/evaluated_examples.h"
#include "modattr/core/problem.h"

namespace modattr {

/// Readers of what is known of every example, in the order of the problem; they borrow from `evaluated`. DataError
/// where its header is not the expected one, an example is missing, or there are others.
std::vector<ByteReader> open_examples(const EvaluatedExamples& evaluated, const EvaluationHeader& expected,
                                      const Problem& problem);

/// Throws DataError unless what was read has the sizes that the problem asks for.
void expect_sizes(bool are_as_expected);

}  // namespace modattr
