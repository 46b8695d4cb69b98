#include "modattr/report/result_writer.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::string_view wanted, int error) {
  throw OutputError(path.string() + ": expected a writable " + std::string(wanted) +
                    ", got: " + std::generic_category().message(error));
}

/// A hidden name beside `file` that no other process or call uses.
fs::path hidden_name(const fs::path& file, std::string_view purpose) {
  static std::atomic<unsigned> counter{0};
  const std::string name = "." + file.filename().string() + "." + std::to_string(::getpid()) + "." +
                           std::to_string(counter++) + "." + std::string(purpose);
  return file.parent_path() / name;
}

constexpr std::string_view kOlder = "old";

/// Takes the last part of a dotted name off, e.g. "old" of ".scores.json.4711.0.old".
std::string_view take_last_part(std::string_view& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::exchange(name, {});
  const std::string_view part = name.substr(dot + 1);
  name = name.substr(0, dot);
  return part;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What hidden_name() made the name for, e.g. "old" of ".scores.json.4711.0.old" where `file` is "scores.json"; empty
/// for names of others. `file` empty: of any file.
std::string purpose_of(std::string_view name, std::string_view file) {
  const std::string_view purpose = take_last_part(name);
  const bool is_numbered = is_number(take_last_part(name)) && is_number(take_last_part(name));
  if (!is_numbered || !name.starts_with('.') || name.size() < 2) return {};
  return file.empty() || name.substr(1) == file ? std::string(purpose) : std::string();
}

/// Removes what runs that were stopped left beside a file.
void remove_leftovers(const fs::path& folder, std::string_view file) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string purpose = purpose_of(entry.path().filename().string(), file);
    if (purpose == kOlder || purpose == "tmp") ::unlink(entry.path().c_str());
  }
}

/// Removes the file when it goes out of scope, unless it has been released.
class Leftover {
 public:
  explicit Leftover(fs::path path) : path_(std::move(path)) {}
  ~Leftover() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Leftover(Leftover&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Leftover& operator=(Leftover&&) = delete;

  const fs::path& path() const noexcept { return path_; }
  void release() noexcept { path_.clear(); }

 private:
  fs::path path_;
};

/// Writes everything and waits until the disk has it; the errno of the first failure, 0 on success.
int write_and_sync(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  // Some file systems do not know fsync.
  return ::fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
}

/// The content under a temporary name. `file` names the target in messages.
Leftover write_temporary(const fs::path& file, std::string_view content) {
  struct stat status {};
  // A rename fails on a folder but would replace a device or a pipe by a file.
  if (::stat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    throw OutputError(file.string() + ": expected a writable file, got: not a regular file");
  }
  Leftover temporary(hidden_name(file, "tmp"));
  const int descriptor = ::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    const int error = errno;
    temporary.release();
    fail(file, "file", error);
  }
  const int write_error = write_and_sync(descriptor, content);
  const int close_error = ::close(descriptor) == 0 ? 0 : errno;
  if (write_error != 0 || close_error != 0) fail(file, "file", write_error != 0 ? write_error : close_error);
  return temporary;
}

/// Makes renames last; where a folder cannot be synced the files are still whole.
void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

/// Puts several temporaries in place, removes other files, and takes all of it back unless everything succeeds.
class Placement {
 public:
  ~Placement() {
    if (is_kept_) return;
    for (Placed& placed : placed_) {
      if (placed.older.path().empty()) {
        ::unlink(placed.target.c_str());
      } else if (::rename(placed.older.path().c_str(), placed.target.c_str()) == 0) {
        placed.older.release();
      }
    }
  }

  void place(Leftover& temporary, const fs::path& target) {
    Leftover older(hidden_name(target, kOlder));
    // A second name for the older file, so that the target is never missing in between.
    if (::link(target.c_str(), older.path().c_str()) != 0) older.release();
    if (::rename(temporary.path().c_str(), target.c_str()) != 0) fail(target, "file", errno);
    temporary.release();
    placed_.push_back({target, std::move(older)});
  }

  void remove(const fs::path& target) {
    Leftover older(hidden_name(target, kOlder));
    if (::rename(target.c_str(), older.path().c_str()) != 0) {
      const int error = errno;
      older.release();
      fail(target, "file", error);
    }
    placed_.push_back({target, std::move(older)});
  }

  void keep() noexcept { is_kept_ = true; }

 private:
  struct Placed {
    fs::path target;
    Leftover older;
  };
  std::vector<Placed> placed_;
  bool is_kept_ = false;
};

/// The first bytes of a regular file; empty when it cannot be read.
std::string begin_of(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return {};
  constexpr std::size_t kMostBytes = std::size_t{1} << 16;
  std::string text(kMostBytes, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

/// The open and locked folder; -1 where its file system has no locks of folders.
int lock_folder(const fs::path& folder, FolderUse use) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  const int kind = use == FolderUse::kAlone ? LOCK_EX : LOCK_SH;
  int result = 0;
  do {
    result = ::flock(descriptor, kind | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return descriptor;
  const int error = errno;
  ::close(descriptor);
  if (error != EWOULDBLOCK) return -1;
  throw OutputError(
      folder.string() +
      ": expected a folder that no other run is writing into, got one in use; wait for that run, or choose "
      "another folder");
}

/// The folders of `directory` that do not exist yet, innermost first.
std::vector<fs::path> missing_folders(const fs::path& directory) {
  std::vector<fs::path> missing;
  std::error_code ignored;
  for (fs::path folder = directory; !folder.empty() && !fs::exists(folder, ignored); folder = folder.parent_path()) {
    missing.push_back(folder);
  }
  return missing;
}

}  // namespace

void write_atomically(const fs::path& file, std::string_view content) {
  Leftover temporary = write_temporary(file, content);
  if (::rename(temporary.path().c_str(), file.c_str()) != 0) fail(file, "file", errno);
  temporary.release();
  sync_folder(file.parent_path());
}

ResultDirectory ResultDirectory::open(const fs::path& directory, FolderUse use) {
  // "results/" and "results" are one folder.
  const fs::path plain = directory.has_filename() || !directory.has_parent_path() ? directory : directory.parent_path();
  ResultDirectory result(plain);
  const std::vector<fs::path> missing = missing_folders(plain);
  for (auto folder = missing.rbegin(); folder != missing.rend(); ++folder) {
    if (::mkdir(folder->c_str(), 0777) == 0) {
      result.made_.insert(result.made_.begin(), *folder);
    } else if (errno != EEXIST) {
      // An existing one belongs to a run beside this one, or the path goes up again ("a/../b").
      fail(plain, "folder", errno);
    }
  }
  std::error_code ignored;
  if (!fs::is_directory(plain, ignored)) fail(plain, "folder", ENOTDIR);
  result.lock_ = lock_folder(plain, use);
  // Permission bits do not tell about read-only file systems, quotas or root: only trying does.
  const Leftover probe(hidden_name(plain / "probe", "tmp"));
  const int descriptor = ::open(probe.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) fail(plain, "folder", errno);
  ::close(descriptor);
  return result;
}

ResultDirectory::ResultDirectory(ResultDirectory&& other) noexcept
    : path_(std::move(other.path_)), made_(std::exchange(other.made_, {})), lock_(std::exchange(other.lock_, -1)) {}

ResultDirectory::~ResultDirectory() {
  if (lock_ >= 0) ::close(lock_);
  for (const fs::path& folder : made_) ::rmdir(folder.c_str());
}

void ResultDirectory::write(std::span<const NamedContent> files, std::span<const FormerFile> former) const {
  std::vector<Leftover> temporaries;
  for (const NamedContent& file : files) temporaries.push_back(write_temporary(path_ / file.name, file.content));
  Placement placement;
  for (std::size_t at = 0; at < files.size(); ++at) placement.place(temporaries[at], path_ / files[at].name);
  for (const FormerFile& file : former) {
    const bool is_written = std::ranges::find(files, file.name, &NamedContent::name) != files.end();
    if (!is_written && file.is_result(begin_of(path_ / file.name))) placement.remove(path_ / file.name);
  }
  placement.keep();
  for (const NamedContent& file : files) remove_leftovers(path_, file.name);
  for (const FormerFile& file : former) remove_leftovers(path_, file.name);
  sync_folder(path_);
}

bool holds_files_of_two_runs(const fs::path& folder) {
  std::error_code ignored;
  const fs::directory_iterator entries(folder, ignored);
  return std::any_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
    return purpose_of(entry.path().filename().string(), "") == kOlder;
  });
}

}  // namespace modattr
