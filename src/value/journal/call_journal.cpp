#include "modattr/value/journal/call_journal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"

namespace modattr {
namespace {

constexpr std::string_view kFileType = "modattr.journal/1\n";
constexpr std::uint64_t kMagic = 0x4A4C4C41434D4F44U;
/// No list of facts is as long.
constexpr std::uint64_t kMostIdentityBytes = std::uint64_t{1} << 26;

/// What stands before the numbers of a record.
struct RecordHead {
  std::uint64_t magic = kMagic;
  std::uint64_t list = 0;
  std::uint64_t list_rows = 0;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t width = 0;
  std::uint64_t is_single = 0;
  /// Of the fields above and the numbers.
  std::uint64_t checksum = 0;

  std::uint64_t number_bytes() const { return count * width * (is_single != 0 ? sizeof(float) : sizeof(double)); }
};

/// FNV-1a over words of 8 bytes: a byte at a time would be slower than a small model.
std::uint64_t checksum_of(std::string_view bytes, std::uint64_t hash = 14695981039346656037U) {
  constexpr std::uint64_t kPrime = 1099511628211U;
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t count = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), count);
    hash = std::rotl((hash ^ word) * kPrime, 23);
    bytes.remove_prefix(count);
  }
  return hash;
}

std::uint64_t checksum_of(const RecordHead& head, std::string_view numbers) {
  std::array<char, sizeof(RecordHead) - sizeof head.checksum> fields{};
  std::memcpy(fields.data(), &head, fields.size());
  return checksum_of(numbers, checksum_of({fields.data(), fields.size()}));
}

bool are_single(std::span<const double> numbers) {
  return std::ranges::all_of(numbers, [](double number) {
    return std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<float>(number))) ==
           std::bit_cast<std::uint64_t>(number);
  });
}

std::string bytes_of(std::span<const double> numbers, bool is_single) {
  std::string bytes(numbers.size() * (is_single ? sizeof(float) : sizeof(double)), '\0');
  if (!is_single) {
    if (!bytes.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
    return bytes;
  }
  for (std::size_t place = 0; place < numbers.size(); ++place) {
    const auto number = static_cast<float>(numbers[place]);
    std::memcpy(bytes.data() + place * sizeof number, &number, sizeof number);
  }
  return bytes;
}

/// Fewer bytes where the file ends.
std::string read_at(int descriptor, std::uint64_t offset, std::uint64_t count) {
  std::string bytes(count, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        ::pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

std::string text_of(const JournalIdentity& identity) {
  std::string text;
  for (const auto& [name, value] : identity) text += name + '\0' + value + '\0';
  return text;
}

std::uint64_t size_of(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

CallJournal::CallJournal(std::filesystem::path file, const JournalIdentity& identity, JournalOpening opening)
    : file_(std::move(file)) {
  open_file(opening);
  try {
    const std::string text = text_of(identity);
    const std::array<std::uint64_t, 2> head = {text.size(), checksum_of(text)};
    const std::string begin =
        std::string(kFileType) + std::string(reinterpret_cast<const char*>(head.data()), sizeof head) + text;
    const std::string known = read_at(descriptor_, 0, begin.size());
    if (known.size() < begin.size() && begin.starts_with(known)) {
      // New, or a process was killed before it had written that much.
      cut(0);
      write(begin);
    } else {
      read_identity(identity, text);
      read_records(begin.size());
    }
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

CallJournal::~CallJournal() {
  // A run that failed before the model was asked leaves nothing to go on with.
  if (known_row_count_ == 0 && !has_added_) ::unlink(file_.c_str());
  ::close(descriptor_);
}

void CallJournal::open_file(JournalOpening opening) {
  const auto fail = [&](int error) {
    throw OutputError(file_.string() + ": expected a writable file, got: " + std::generic_category().message(error));
  };
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(errno);
  const auto refuse = [&](auto throw_error) {
    ::close(descriptor_);
    throw_error();
  };
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    refuse([&] {
      throw OutputError(file_.string() + ": expected a folder of its own for every run, got one that another run " +
                        "writes into");
    });
  }
  if (size_of(descriptor_) == 0 || opening == JournalOpening::kResume) return;
  if (opening == JournalOpening::kNew) {
    refuse([&] {
      throw ConfigError(file_.string() + ": expected a folder without an interrupted run, got one; go on with " +
                        option("resume") + ", or begin anew with " + option("force"));
    });
  }
  if (::ftruncate(descriptor_, 0) != 0) {
    const int error = errno;
    refuse([&] { fail(error); });
  }
}

void CallJournal::read_identity(const JournalIdentity& identity, const std::string& text) {
  const auto damaged = [&] {
    return ConfigError(file_.string() +
                       ": expected the journal of an interrupted run, got other bytes; begin anew with " +
                       option("force"));
  };
  if (read_at(descriptor_, 0, kFileType.size()) != kFileType) throw damaged();
  std::array<std::uint64_t, 2> head{};
  const std::string head_bytes = read_at(descriptor_, kFileType.size(), sizeof head);
  if (head_bytes.size() != sizeof head) throw damaged();
  std::memcpy(head.data(), head_bytes.data(), sizeof head);
  if (head[0] > kMostIdentityBytes) throw damaged();
  const std::string known = read_at(descriptor_, kFileType.size() + sizeof head, head[0]);
  if (known.size() != head[0] || checksum_of(known) != head[1]) throw damaged();
  if (known == text) return;
  JournalIdentity facts;
  for (std::size_t first = 0; first < known.size();) {
    const std::size_t middle = known.find('\0', first);
    const std::size_t end = middle == std::string::npos ? middle : known.find('\0', middle + 1);
    if (end == std::string::npos) throw damaged();
    facts.emplace_back(known.substr(first, middle - first), known.substr(middle + 1, end - middle - 1));
    first = end + 1;
  }
  for (const auto& [name, value] : identity) {
    const auto found = std::ranges::find(facts, name, &std::pair<std::string, std::string>::first);
    const std::string before = found == facts.end() ? "none" : found->second;
    if (before == value) continue;
    throw ConfigError(file_.string() + ": expected the interrupted run, got another: " + name + " was " + before +
                      " and is " + value + "; begin anew with " + option("force"));
  }
  throw ConfigError(file_.string() + ": expected the interrupted run, got another; begin anew with " + option("force"));
}

void CallJournal::read_records(std::uint64_t offset) {
  const std::uint64_t size = size_of(descriptor_);
  for (;;) {
    RecordHead head;
    const std::string bytes = read_at(descriptor_, offset, sizeof head);
    if (bytes.size() != sizeof head) break;
    std::memcpy(&head, bytes.data(), sizeof head);
    const std::uint64_t room = size - offset - sizeof head;
    const bool is_sane = head.magic == kMagic && head.is_single <= 1 && head.count > 0 && head.width > 0 &&
                         head.width <= room && head.count <= room / head.width && head.number_bytes() <= room &&
                         head.first < head.list_rows && head.count <= head.list_rows - head.first;
    if (!is_sane) break;
    const std::string numbers = read_at(descriptor_, offset + sizeof head, head.number_bytes());
    if (numbers.size() != head.number_bytes() || checksum_of(head, numbers) != head.checksum) break;
    List& list = lists_[head.list];
    if (!list.stretches.empty() && list.row_count != head.list_rows) break;
    list.row_count = head.list_rows;
    list.stretches[head.first] = {
        .count = head.count, .width = head.width, .is_single = head.is_single != 0, .offset = offset + sizeof head};
    known_row_count_ += head.count;
    offset += sizeof head + head.number_bytes();
  }
  // What a killed process was writing.
  if (offset < size) cut(offset);
}

void CallJournal::cut(std::uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) == 0) return;
  throw OutputError(file_.string() + ": expected a writable file, got: " + std::generic_category().message(errno));
}

std::uint64_t CallJournal::begin_list(std::size_t row_count) {
  const std::uint64_t list = next_list_++;
  const auto known = lists_.find(list);
  if (known != lists_.end() && known->second.row_count != row_count) {
    throw ConfigError(file_.string() + ": expected " + std::to_string(known->second.row_count) + " rows in list " +
                      std::to_string(list) + " of the interrupted run, got " + std::to_string(row_count) +
                      "; begin anew with " + option("force"));
  }
  const std::lock_guard lock(write_mutex_);
  list_rows_.push_back(row_count);
  return list;
}

bool CallJournal::knows_next_list(std::size_t row_count) const {
  const auto known = lists_.find(next_list_);
  if (known == lists_.end() || known->second.row_count != row_count) return false;
  std::size_t end = 0;
  for (const auto& [first, stretch] : known->second.stretches) {
    if (first > end) return false;
    end = std::max(end, first + stretch.count);
  }
  return end >= row_count;
}

std::vector<double> CallJournal::find(std::uint64_t list, std::size_t first, std::size_t count) const {
  const auto known = lists_.find(list);
  if (known == lists_.end()) return {};
  const std::map<std::size_t, Stretch>& stretches = known->second.stretches;
  std::vector<double> outputs;
  for (std::size_t row = first; row < first + count;) {
    auto stretch = stretches.upper_bound(row);
    if (stretch == stretches.begin()) return {};
    --stretch;
    const std::size_t end = std::min(stretch->first + stretch->second.count, first + count);
    if (end <= row) return {};
    const std::size_t width = stretch->second.width;
    const std::size_t number_bytes = stretch->second.is_single ? sizeof(float) : sizeof(double);
    const std::string bytes =
        read_at(descriptor_, stretch->second.offset + (row - stretch->first) * width * number_bytes,
                (end - row) * width * number_bytes);
    if (bytes.size() != (end - row) * width * number_bytes) return {};
    for (std::size_t place = 0; place < bytes.size(); place += number_bytes) {
      float single = 0.0F;
      double number = 0.0;
      if (stretch->second.is_single) {
        std::memcpy(&single, bytes.data() + place, sizeof single);
        number = single;
      } else {
        std::memcpy(&number, bytes.data() + place, sizeof number);
      }
      outputs.push_back(number);
    }
    row = end;
  }
  return outputs;
}

void CallJournal::add(std::uint64_t list, std::size_t first, std::size_t count, std::span<const double> outputs) {
  if (count == 0) return;
  RecordHead head{.list = list, .list_rows = 0, .first = first, .count = count, .width = outputs.size() / count};
  head.is_single = are_single(outputs) ? 1 : 0;
  const std::string numbers = bytes_of(outputs, head.is_single != 0);
  const std::lock_guard lock(write_mutex_);
  head.list_rows = list_rows_.at(list);
  head.checksum = checksum_of(head, numbers);
  has_added_ = true;
  write(std::string(reinterpret_cast<const char*>(&head), sizeof head) + numbers);
}

void CallJournal::write(const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw OutputError(file_.string() + ": expected room for the journal, got: " +
                        std::generic_category().message(errno) + "; go on later with " + option("resume"));
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace modattr
