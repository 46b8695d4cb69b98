#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "modattr/report/score_table.h"

namespace modattr {

/// A picture of an example's data: of a modality that is a picture, or the spectrogram of a sound.
struct PagePicture {
  /// A PNG or WebP file, as small as the page needs it.
  std::string file;
  /// Of the data, in its own elements: patches and segments are places in it.
  std::size_t width = 0;
  std::size_t height = 0;
  bool is_sound = false;
};

/// What the data says of an example.
struct PageExample {
  std::optional<std::string> group = std::nullopt;
  struct Shown {
    std::size_t modality = 0;
    /// Index into PageData::pictures: examples may share one.
    std::size_t picture = 0;
  };
  std::vector<Shown> pictures = {};
  struct Numbers {
    std::size_t modality = 0;
    /// In the order of the modality's players.
    std::vector<double> values;
  };
  std::vector<Numbers> columns = {};
};

/// What is shown of the data; empty where there is none.
struct PageData {
  std::string group_column = {};
  std::vector<PagePicture> pictures = {};
  /// By id.
  std::map<std::string, PageExample> examples = {};
};

/// How a part of the results is made again.
struct PageCommand {
  /// Name of the run; empty = all of them.
  std::string run;
  std::string command;
};

/// Everything that a page shows.
struct ReportPage {
  /// The results, as the reader calls them.
  std::string name;
  /// Its `examples` are the explained ones; `legends` say what its definitions are.
  ScoreTable table;
  std::vector<ExampleRecord> traced = {};
  /// check.json and run.json; empty = there is none.
  std::string check_json = {};
  std::string run_json = {};
  PageData data = {};
  std::vector<PageCommand> commands = {};
  /// The configuration that the commands need, as JSON.
  std::string configuration = {};
  /// What could not be shown, and why; one sentence each.
  std::vector<std::string> missing = {};
};

/// One HTML page that needs nothing beside it: no network, no file. Text from results and data stays text: it is
/// escaped in markup and in the data of the scripts, and the page's own Content-Security-Policy lets only its own style
/// sheet and script run. Throws DataError where check.json or run.json are not what they are called.
std::string to_html(const ReportPage& page);

}  // namespace modattr
