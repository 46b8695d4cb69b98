#pragma once

#include <span>
#include <string>

#include "modattr/report/score_table.h"
#include "modattr/run/setup/experiment.h"

namespace modattr {

/// The scores of one of several runs.
struct NamedTable {
  std::string name;
  ScoreTable table;
  const Experiment* experiment = nullptr;
};

/// All runs in one table: its rows and examples name their run. Configuration, metric and score are those of the first
/// run that has a score; counts and times are sums.
ScoreTable joined_table(std::span<const NamedTable> tables);

/// run.json: what ran, with which options, and what it took.
std::string run_document(std::span<const NamedTable> tables);

}  // namespace modattr
