#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace modattr {

/// What the outputs of a journal belong to: facts by name, such as the digest of the model.
using JournalIdentity = std::vector<std::pair<std::string, std::string>>;

enum class JournalOpening {
  /// Begins anew. An existing journal is refused.
  kNew,
  /// Begins anew and replaces an existing journal.
  kReplace,
  /// Goes on where an existing journal ends; without one, as kNew.
  kResume
};

/// Outputs of model calls in a file that grows with the run, so that a run that was interrupted, by whatever, goes on
/// without the calls that were made. The model is asked for lists of rows, in the same order in every run with the same
/// identity; a record holds the outputs of some rows of a list and ends in a checksum. Records behind the first damaged
/// one are dropped. Outputs that are single-precision numbers take 4 bytes each, others 8.
class CallJournal {
 public:
  /// Throws ConfigError where a journal is there that may not be, or where it is of another identity, naming the first
  /// fact that differs; OutputError where the file cannot be written or another process has it open.
  CallJournal(std::filesystem::path file, const JournalIdentity& identity, JournalOpening opening);
  /// Removes the file where no output is in it.
  ~CallJournal();
  CallJournal(const CallJournal&) = delete;
  CallJournal& operator=(const CallJournal&) = delete;

  /// Rows whose outputs were there when the journal was opened.
  std::size_t known_row_count() const noexcept { return known_row_count_; }

  /// Begins the next list of rows, and returns its number. Throws ConfigError where the journal knows a list of this
  /// number that has another length: the run goes another way.
  std::uint64_t begin_list(std::size_t row_count);
  /// Whether all outputs of the list that begins next are known.
  bool knows_next_list(std::size_t row_count) const;
  /// Outputs of rows `first` ... `first + count - 1` of a list, one after the other; empty where any is not known. Safe
  /// to call from many threads.
  std::vector<double> find(std::uint64_t list, std::size_t first, std::size_t count) const;
  /// Appends outputs, `count` rows one after the other. Safe to call from many threads. Throws OutputError.
  void add(std::uint64_t list, std::size_t first, std::size_t count, std::span<const double> outputs);

 private:
  struct Stretch {
    std::size_t count = 0;
    std::size_t width = 0;
    bool is_single = false;
    /// Of the numbers in the file.
    std::uint64_t offset = 0;
  };
  struct List {
    std::size_t row_count = 0;
    /// By first row.
    std::map<std::size_t, Stretch> stretches;
  };

  void open_file(JournalOpening opening);
  void read_identity(const JournalIdentity& identity, const std::string& text);
  void read_records(std::uint64_t offset);
  void write(const std::string& bytes);
  void cut(std::uint64_t size);

  std::filesystem::path file_;
  int descriptor_ = -1;
  std::uint64_t next_list_ = 0;
  /// Of the lists that have begun.
  std::vector<std::size_t> list_rows_;
  /// As they were when the journal was opened.
  std::map<std::uint64_t, List> lists_;
  std::size_t known_row_count_ = 0;
  bool has_added_ = false;
  std::mutex write_mutex_;
};

}  // namespace modattr
