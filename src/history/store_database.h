#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace modattr {

enum class StoreAccess : std::uint8_t {
  kRead,
  kAppend,
  /// Makes the file, which must not be there.
  kCreate
};

class StoreDatabase;

/// A prepared statement; values are bound in the order of the calls. Borrows its database.
class StoreStatement {
 public:
  StoreStatement(const StoreDatabase& database, std::string_view sql);

  StoreStatement& bind(std::int64_t value);
  StoreStatement& bind(const std::optional<double>& value);
  StoreStatement& bind(const std::optional<std::string_view>& value);

  /// The next row; false behind the last one.
  bool step();
  /// Makes the statement ready for other values.
  void reset();

  /// Of a column of the row: 0, an empty text or nullopt for what is of another type.
  std::int64_t integer(int column) const;
  std::optional<double> number(int column) const;
  std::string text(int column) const;
  std::optional<std::string> text_or_null(int column) const;

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };

  const StoreDatabase& database_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int bound_ = 0;
};

/// A connection to an SQLite file; all calls of SQLite are behind it and StoreStatement. It waits up to 10 s where
/// another connection is in the way. Failures are DataError, or OutputError where the file is to be changed; they name
/// the file.
class StoreDatabase {
 public:
  /// The first bytes of an SQLite file.
  using Header = std::array<unsigned char, 100>;

  /// Opens the file and touches nothing in it yet. `name`: the file's name in messages.
  StoreDatabase(const std::filesystem::path& file, StoreAccess access, std::string name);
  ~StoreDatabase();
  StoreDatabase(const StoreDatabase&) = delete;
  StoreDatabase& operator=(const StoreDatabase&) = delete;

  const std::string& name() const noexcept { return name_; }

  /// Zeros behind the end of a shorter file. Read without a lock: closing another descriptor of the file would take
  /// the locks of this process away.
  Header header() const;

  /// Makes the file readable where neither it nor its folder may be written and no other process can be at work: reads
  /// it as one that nobody changes.
  void prepare_to_read();

  /// Whether the file cannot be written.
  bool is_read_only() const;

  /// Runs statements that return nothing.
  void execute(const char* sql) const;

  [[noreturn]] void fail(int code) const;
  [[noreturn]] void fail_as_damaged(std::string_view what) const;

 private:
  friend class StoreStatement;
  struct Closer {
    void operator()(sqlite3* connection) const noexcept;
  };

  void connect(const std::string& path, int flags);
  std::string reason(int code) const;

  std::filesystem::path file_;
  StoreAccess access_;
  std::string name_;
  std::unique_ptr<sqlite3, Closer> connection_;
};

/// Takes a transaction back unless it was committed.
class StoreTransaction {
 public:
  /// Waits until no other process writes.
  explicit StoreTransaction(const StoreDatabase& database);
  ~StoreTransaction();
  StoreTransaction(const StoreTransaction&) = delete;
  StoreTransaction& operator=(const StoreTransaction&) = delete;

  void commit();

 private:
  const StoreDatabase& database_;
  bool is_open_ = true;
};

}  // namespace modattr
