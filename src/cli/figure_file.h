#pragma once

#include <filesystem>
#include <string>

namespace modattr {

/// Why a figure cannot be written into a file of this name, with what to do; empty where it can. SVG is written by
/// modattr itself, PNG is made by rsvg-convert (Debian: librsvg2-bin), which knows fonts.
std::string figure_problem(const std::filesystem::path& file);

/// Writes a figure, whole or not at all. `svg`: the figure. A PNG has twice as many pixels as the figure is wide.
/// Throws OutputError where that fails.
void write_figure(const std::filesystem::path& file, const std::string& svg);

}  // namespace modattr
