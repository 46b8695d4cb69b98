#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "modattr/report/score_table.h"

namespace modattr {

/// A picture of an example's data.
struct ExamplePicture {
  /// Of the example.
  std::string id;
  std::size_t modality = 0;
  /// A PNG.
  std::string png;
  /// Of the data, in its own elements: patches are places in it.
  std::size_t width = 0;
  std::size_t height = 0;
  bool is_sound = false;
};

/// Most examples in one figure.
inline constexpr std::size_t kMostDrawnExamples = 4;

/// A figure of explained examples, as an SVG file, one below the other: the pictures with their patches in the colours
/// of their signs, the words likewise, and the strongest features with whiskers of 1.96 standard errors; of traced
/// answers what is behind the error. The first kMostDrawnExamples of `table`; it must have one.
std::string example_figure(const ScoreTable& table, std::span<const ExamplePicture> pictures);

/// The figure of a table as papers show it: of the examples where they were chosen, else of the scores. Throws
/// DataError where the table holds nothing that can be drawn.
std::string table_figure(const ScoreTable& table, std::span<const ExamplePicture> pictures);

}  // namespace modattr
