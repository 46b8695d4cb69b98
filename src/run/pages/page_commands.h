#pragma once

#include <string>
#include <vector>

#include "modattr/report/page/report_page.h"
#include "modattr/report/score_table.h"

namespace modattr {

/// A word as a POSIX shell reads it back: in single quotes where it has to be.
std::string shell_word(const std::string& word);

/// The command that made a result, and of `run` also those that make its parts alone, with the options that are not the
/// defaults. `folder`: where the results are.
std::vector<PageCommand> page_commands(const ScoreTable& table, const std::string& folder);

/// The modattr.json that they need: the configuration in force without what belongs to a command.
std::string page_configuration(const ScoreTable& table);

}  // namespace modattr
