#include "store_database.h"

#include <new>
#include <system_error>
#include <utility>

#include <sqlite3.h>

#include "modattr/core/error.h"
#include "modattr/report/text.h"

namespace modattr {
namespace {

constexpr int kBusyMilliseconds = 10000;

/// `file:` and the path, with what has a meaning in a URI escaped.
std::string immutable_uri(const std::string& path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char byte : path) {
    if (byte == '%' || byte == '?' || byte == '#') {
      const auto code = static_cast<unsigned char>(byte);
      uri += '%';
      uri += kDigits[code >> 4U];
      uri += kDigits[code & 0xFU];
    } else {
      uri += byte;
    }
  }
  return uri + "?immutable=1";
}

int primary(int code) {
  constexpr int kPrimaryBits = 0xFF;
  return code & kPrimaryBits;
}

}  // namespace

// ---- Statements

void StoreStatement::Finalizer::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

StoreStatement::StoreStatement(const StoreDatabase& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(database.connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) database_.fail(code);
}

StoreStatement& StoreStatement::bind(std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), ++bound_, value);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

StoreStatement& StoreStatement::bind(const std::optional<double>& value) {
  ++bound_;
  const int code =
      value ? sqlite3_bind_double(statement_.get(), bound_, *value) : sqlite3_bind_null(statement_.get(), bound_);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

StoreStatement& StoreStatement::bind(const std::optional<std::string_view>& value) {
  ++bound_;
  const int code =
      value ? sqlite3_bind_text64(statement_.get(), bound_, value->data(), value->size(), SQLITE_TRANSIENT, SQLITE_UTF8)
            : sqlite3_bind_null(statement_.get(), bound_);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

bool StoreStatement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_.fail(code);
  return code == SQLITE_ROW;
}

void StoreStatement::reset() {
  sqlite3_reset(statement_.get());
  bound_ = 0;
}

std::int64_t StoreStatement::integer(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER
             ? sqlite3_column_int64(statement_.get(), column)
             : 0;
}

std::optional<double> StoreStatement::number(int column) const {
  const int type = sqlite3_column_type(statement_.get(), column);
  if (type != SQLITE_FLOAT && type != SQLITE_INTEGER) return std::nullopt;
  return sqlite3_column_double(statement_.get(), column);
}

std::string StoreStatement::text(int column) const {
  return text_or_null(column).value_or("");
}

std::optional<std::string> StoreStatement::text_or_null(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_TEXT) return std::nullopt;
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) throw std::bad_alloc();
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
}

// ---- Connections

void StoreDatabase::Closer::operator()(sqlite3* connection) const noexcept {
  sqlite3_close_v2(connection);
}

StoreDatabase::StoreDatabase(const std::filesystem::path& file, StoreAccess access, std::string name)
    // ":memory:" and "file:..." are names of files, too.
    : file_(std::filesystem::absolute(file)), access_(access), name_(std::move(name)) {
  connect(file_.string(), access == StoreAccess::kCreate
                              ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE
                              // Also to read: who closes last tidies the log up.
                              : SQLITE_OPEN_READWRITE);
}

StoreDatabase::~StoreDatabase() = default;

void StoreDatabase::connect(const std::string& path, int flags) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags | SQLITE_OPEN_FULLMUTEX, nullptr);
  connection_.reset(connection);
  if (connection == nullptr) throw std::bad_alloc();
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, kBusyMilliseconds);
  // A file may be hostile: nothing that it brings along is run.
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  // These touch no file.
  execute("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
}

StoreDatabase::Header StoreDatabase::header() const {
  Header bytes = {};
  sqlite3_file* file = nullptr;
  const int found = sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (found != SQLITE_OK || file == nullptr || file->pMethods == nullptr) fail(SQLITE_CANTOPEN);
  const int code = file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), 0);
  if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) fail(code);
  return bytes;
}

void StoreDatabase::prepare_to_read() {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(connection_.get(), "PRAGMA schema_version", -1, &statement, nullptr);
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  sqlite3_finalize(statement);
  if (code == SQLITE_ROW) return;
  std::error_code ignored;
  const bool is_blocked = primary(code) == SQLITE_CANTOPEN || primary(code) == SQLITE_READONLY;
  if (!is_blocked || std::filesystem::exists(file_.string() + "-wal", ignored)) fail(code);
  connect(immutable_uri(file_.string()), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

bool StoreDatabase::is_read_only() const {
  return sqlite3_db_readonly(connection_.get(), "main") != 0;
}

void StoreDatabase::execute(const char* sql) const {
  const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::string StoreDatabase::reason(int code) const {
  const int error = sqlite3_system_errno(connection_.get());
  const bool is_of_the_system = primary(code) == SQLITE_CANTOPEN || primary(code) == SQLITE_IOERR;
  if (is_of_the_system && error != 0) return std::generic_category().message(error);
  return sqlite3_errstr(code);
}

void StoreDatabase::fail(int code) const {
  switch (primary(code)) {
    case SQLITE_NOMEM:
      throw std::bad_alloc();
    case SQLITE_NOTADB:
      throw DataError(name_ + ": expected a store of results, got a file that is no SQLite database");
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      fail_as_damaged(sqlite3_errmsg(connection_.get()));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw OutputError(name_ + ": expected a store that is free within " + std::to_string(kBusyMilliseconds / 1000) +
                        " s, got one that another program keeps locked; try again when it is done");
    case SQLITE_TOOBIG:
      throw OutputError(name_ + ": expected files of results below 1 GB, got a larger one");
    default:
      break;
  }
  if (access_ == StoreAccess::kRead) throw DataError(name_ + ": expected a readable store, got: " + reason(code));
  throw OutputError(name_ + ": expected a writable store, got: " + reason(code));
}

void StoreDatabase::fail_as_damaged(std::string_view what) const {
  // SQLite's findings may have several lines.
  throw DataError(name_ + ": expected a whole store of results, got a damaged one (" + sanitize_for_terminal(what) +
                  "); restore it from a copy, or choose another file");
}

// ---- Transactions

StoreTransaction::StoreTransaction(const StoreDatabase& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

StoreTransaction::~StoreTransaction() {
  if (!is_open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const std::exception&) {
    // SQLite has taken it back itself.
    return;
  }
}

void StoreTransaction::commit() {
  database_.execute("COMMIT");
  is_open_ = false;
}

}  // namespace modattr
