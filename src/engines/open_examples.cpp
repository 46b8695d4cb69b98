#include "modattr/engines/open_examples.h"

#include <string>

#include "modattr/core/error.h"

namespace modattr {

std::vector<ByteReader> open_examples(const EvaluatedExamples& evaluated, const EvaluationHeader& expected,
                                      const Problem& problem) {
  if (const auto difference = expected.difference(evaluated.header())) throw DataError("evaluations: " + *difference);
  std::vector<ByteReader> readers;
  for (std::size_t example = 0; example < problem.example_count(); ++example) {
    const std::uint32_t key = problem.example_key(example);
    const auto found = evaluated.examples().find(key);
    if (found == evaluated.examples().end()) {
      throw DataError("evaluations: expected all " + std::to_string(problem.example_count()) +
                      " examples, got none of row " + std::to_string(key) + "; merge the parts that are missing");
    }
    readers.emplace_back(found->second);
  }
  if (readers.size() != evaluated.count()) {
    throw DataError("evaluations: expected " + std::to_string(readers.size()) + " examples, got " +
                    std::to_string(evaluated.count()));
  }
  return readers;
}

void expect_sizes(bool are_as_expected) {
  if (are_as_expected) return;
  throw DataError("evaluations: expected those of this problem's modalities, players and metric, got others");
}

}  // namespace modattr
