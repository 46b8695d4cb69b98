#pragma once

#include <cstddef>
#include <string>

#include <CLI/CLI.hpp>

namespace modattr {

/// Help texts that keep to the terminal: what an option does stands beside it, broken at words.
class HelpFormatter final : public CLI::Formatter {
 public:
  /// `width`: cells per line.
  explicit HelpFormatter(std::size_t width) : width_(width) {}

  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_description(const CLI::App* command) const override;
  std::string make_footer(const CLI::App* command) const override;

 private:
  std::size_t width_;
};

}  // namespace modattr
