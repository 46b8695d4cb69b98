#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace modattr {

/// Writes a file so that it appears whole or not at all, also when the machine stops: a temporary name in the same
/// folder, then a rename. Throws OutputError and leaves nothing behind, an older file untouched.
void write_atomically(const std::filesystem::path& file, std::string_view content);

/// Whether a folder holds files of two runs: one was stopped while it replaced those of another. What it left, second
/// names of the older files, goes with the next run that writes there.
bool holds_files_of_two_runs(const std::filesystem::path& folder);

/// A file to write: its name, without a folder, and its bytes.
struct NamedContent {
  std::string name;
  std::string content;
};

/// A file that an earlier run may have left.
struct FormerFile {
  std::string name;
  /// Whether a file that begins with this text was written by modattr.
  bool (*is_result)(std::string_view begin);
};

/// Who may write into a folder at the same time.
enum class FolderUse {
  /// One process.
  kAlone,
  /// Several, each with files of its own.
  kShared
};

/// The folder that results go to. Opened before a long run, so that a folder that cannot be written fails at once.
class ResultDirectory {
 public:
  /// Makes the folder and its parents where missing. Throws OutputError when it cannot be made or written, and where
  /// another process has it open that may not. The lock is the kernel's (flock): it ends with the process, however that
  /// ends, and leaves no file behind. File systems that know no locks of folders are used without.
  static ResultDirectory open(const std::filesystem::path& directory, FolderUse use = FolderUse::kAlone);

  /// Lets other processes in, and removes the folders that open() made, if they are still empty.
  ~ResultDirectory();
  ResultDirectory(ResultDirectory&& other) noexcept;
  ResultDirectory& operator=(ResultDirectory&&) = delete;
  ResultDirectory(const ResultDirectory&) = delete;
  ResultDirectory& operator=(const ResultDirectory&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

  /// Writes all files or none: on OutputError older files of the same names are as they were. `former`: files of
  /// earlier runs, removed where this run writes none of the name, so that the folder describes one run.
  void write(std::span<const NamedContent> files, std::span<const FormerFile> former = {}) const;

 private:
  explicit ResultDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
  /// Innermost first.
  std::vector<std::filesystem::path> made_;
  /// Of the locked folder; -1 = none.
  int lock_ = -1;
};

}  // namespace modattr
