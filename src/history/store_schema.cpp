#include "store_schema.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

namespace fs = std::filesystem;

/// "mdat": tells a store from the databases of other programs, also for file(1).
constexpr std::uint32_t kApplicationId = 0x6D646174;
constexpr std::uint32_t kSchemaVersion = 1;

// Texts as they are: sqlite3 and its JSON functions read them. They stand last, so that a list of results does not read
// their pages.
constexpr const char* kResultsTable =
    "CREATE TABLE results (id INTEGER PRIMARY KEY, created TEXT NOT NULL, tag TEXT UNIQUE, version TEXT NOT NULL, "
    "command TEXT NOT NULL, model_path TEXT NOT NULL, model_sha256 TEXT NOT NULL, data_path TEXT NOT NULL, "
    "data_sha256 TEXT NOT NULL, examples INTEGER NOT NULL, metric TEXT NOT NULL, score REAL, score_low REAL, "
    "score_high REAL, config TEXT NOT NULL, checksum INTEGER NOT NULL, files_checksum INTEGER NOT NULL, "
    "scores_json TEXT NOT NULL, examples_jsonl TEXT, trace_jsonl TEXT)";
constexpr const char* kRowsTable =
    "CREATE TABLE rows (result INTEGER NOT NULL, place INTEGER NOT NULL, run TEXT NOT NULL, modality TEXT NOT NULL, "
    "definition TEXT NOT NULL, \"group\" TEXT, value REAL, std_error REAL, ci95_low REAL, ci95_high REAL, "
    "examples INTEGER NOT NULL, PRIMARY KEY (result, place)) WITHOUT ROWID";

/// A big-endian number of the header.
std::uint32_t number_at(const StoreDatabase::Header& header, std::size_t place) {
  std::uint32_t number = 0;
  for (std::size_t byte = 0; byte < sizeof number; ++byte) number = (number << 8U) | header.at(place + byte);
  return number;
}

/// Removes a database and what SQLite puts beside it.
class TemporaryStore {
 public:
  explicit TemporaryStore(fs::path path) : path_(std::move(path)) {}
  ~TemporaryStore() {
    for (const char* const ending : {"", "-wal", "-shm", "-journal"}) ::unlink((path_.string() + ending).c_str());
  }
  TemporaryStore(const TemporaryStore&) = delete;
  TemporaryStore& operator=(const TemporaryStore&) = delete;

  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

/// A hidden name beside `file` that no other process or call uses.
fs::path hidden_store_name(const fs::path& file) {
  static std::atomic<unsigned> counter{0};
  return file.parent_path() /
         ("." + file.filename().string() + "." + std::to_string(::getpid()) + "." + std::to_string(counter++) + ".tmp");
}

void write_empty_store(const fs::path& path, const std::string& name) {
  const StoreDatabase database(path, StoreAccess::kCreate, name);
  const std::string marks = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                            "; PRAGMA user_version = " + std::to_string(kSchemaVersion) + ";";
  // Readers and a writer do not wait for each other. A new page size cannot be chosen later.
  database.execute("PRAGMA encoding = 'UTF-8'; PRAGMA page_size = 4096; PRAGMA journal_mode = WAL");
  StoreTransaction transaction(database);
  database.execute(marks.c_str());
  database.execute(kResultsTable);
  database.execute(kRowsTable);
  transaction.commit();
}

/// Makes the new name last, where the folder can be synced.
void sync_folder_of(const fs::path& file) {
  const int descriptor =
      ::open(file.parent_path().empty() ? "." : file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

void create_store(const fs::path& file) {
  const TemporaryStore temporary(hidden_store_name(file));
  write_empty_store(temporary.path(), file.string());
  // Unlike a rename this replaces nothing.
  if (::link(temporary.path().c_str(), file.c_str()) != 0 && errno != EEXIST) {
    throw OutputError(file.string() + ": expected a writable store, got: " + std::generic_category().message(errno));
  }
  sync_folder_of(file);
}

void expect_store(const StoreDatabase& database) {
  // https://www.sqlite.org/fileformat.html#the_database_header
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  constexpr std::size_t kUserVersionPlace = 60;
  constexpr std::size_t kApplicationIdPlace = 68;
  const StoreDatabase::Header header = database.header();
  const std::string expected = database.name() + ": expected a store of results, got ";
  if (std::ranges::all_of(header, [](unsigned char byte) { return byte == 0; })) {
    throw DataError(expected + "an empty file; remove it, or choose another one");
  }
  if (!std::ranges::equal(kMagic, std::string_view(reinterpret_cast<const char*>(header.data()), kMagic.size()))) {
    throw DataError(expected + "a file that is no SQLite database; choose another one");
  }
  if (number_at(header, kApplicationIdPlace) != kApplicationId) {
    throw DataError(expected + "an SQLite database of another program; choose another file");
  }
  const std::uint32_t version = number_at(header, kUserVersionPlace);
  if (version > kSchemaVersion) {
    throw DataError(database.name() + ": expected a store of schema " + std::to_string(kSchemaVersion) +
                    ", got schema " + std::to_string(version) + "; use a newer modattr");
  }
  if (version != kSchemaVersion) database.fail_as_damaged("schema " + std::to_string(version));
  // SQLite calls a file of a later format read-only.
  constexpr std::size_t kFormatPlace = 18;
  constexpr unsigned char kLatestFormat = 2;
  if (header.at(kFormatPlace) > kLatestFormat) database.fail_as_damaged("its format is not known");
}

void expect_whole_store(const StoreDatabase& database) {
  StoreStatement tables(database, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
  for (const char* const table : {kResultsTable, kRowsTable}) {
    if (!tables.step() || tables.text(0) != table) database.fail_as_damaged("other tables");
  }
  if (tables.step()) database.fail_as_damaged("other tables");
  // Unlike quick_check also whether the index of tags holds the tags.
  StoreStatement check(database, "PRAGMA integrity_check(1)");
  const std::string finding = check.step() ? check.text(0) : "no answer";
  if (finding != "ok") database.fail_as_damaged(finding);
}

}  // namespace modattr
