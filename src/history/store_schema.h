#pragma once

#include <filesystem>
#include <string>

#include "store_database.h"

namespace modattr {

/// Makes an empty store under a temporary name and puts it in place; does nothing where there is a file by then. Throws
/// OutputError and leaves nothing behind.
void create_store(const std::filesystem::path& file);

/// Throws DataError where the first bytes say that it is no store of this version. Changes nothing in the file, also
/// where it is the database of another program.
void expect_store(const StoreDatabase& database);

/// Throws DataError where the tables are not those of a store, or their pages are damaged.
void expect_whole_store(const StoreDatabase& database);

}  // namespace modattr
