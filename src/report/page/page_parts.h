#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/report/page/report_page.h"

namespace modattr {

/// A table of HTML: the first column of every row is its header. Texts are escaped here.
class HtmlTable {
 public:
  /// `text_columns`: how many columns from the left hold words; the others hold numbers.
  HtmlTable(std::string caption, std::vector<std::string> titles, std::size_t text_columns)
      : caption_(std::move(caption)), titles_(std::move(titles)), text_columns_(text_columns) {}

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const noexcept { return rows_.empty(); }
  std::string html() const;

 private:
  std::string caption_;
  std::vector<std::string> titles_;
  std::size_t text_columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// `<name class="...">escaped text</name>`.
std::string element(std::string_view name, std::string_view text, std::string_view classes = {});

/// Something that opens when it is asked for.
std::string folded(std::string_view summary, const std::string& html);

/// A figure with its title, what it says, and the numbers as a table.
struct PageFigure {
  std::string title;
  /// The definition's id; empty = none.
  std::string definition;
  std::string note;
  std::string svg;
  std::string table;
};
std::string html_of(const PageFigure& figure);

/// One of the runs behind the results.
struct PageRun {
  /// As in the results; empty where they are of one command.
  std::string name;
  std::string engine;
  /// What was explained, in a few words; may be empty.
  std::string explains;
};

/// What the configuration in force tells.
struct PageFacts {
  /// Kind of each modality; [modalities].
  std::vector<std::string> kinds;
  std::vector<PageRun> runs;
};
PageFacts facts_of(const ReportPage& page);

/// "shap" for a result of one command, the run's name otherwise.
std::string shown_name(const PageRun& run, const ReportPage& page);

// The sections; each empty where there is nothing to say.
std::string head_section(const ReportPage& page, const PageFacts& facts);
std::string scores_section(const ReportPage& page, const PageFacts& facts);
std::string errors_section(const ReportPage& page, const PageFacts& facts);
std::string gate_section(const ReportPage& page);
std::string examples_section(const ReportPage& page);
std::string made_section(const ReportPage& page);

/// The examples as the page's script reads them: JSON in which nothing ends a script element.
std::string examples_json(const ReportPage& page, const PageFacts& facts);

}  // namespace modattr
