#pragma once

#include <string_view>

namespace modattr {

/// The files of report/page/assets, as the build has put them into the program.
struct ReportAssets {
  /// Colours: first those of light pages, each `--name: value;`.
  std::string_view palette;
  /// Rules of the classes that figures use.
  std::string_view figure;
  /// All style sheets of a page, and its scripts, each in one text.
  std::string_view style;
  std::string_view script;
  /// 'sha256-...' of both, as a Content-Security-Policy names them.
  std::string_view style_hash;
  std::string_view script_hash;
};

const ReportAssets& report_assets();

}  // namespace modattr
