#pragma once

#include <string>

#include "json_object.h"
#include "modattr/run/config/config.h"

namespace modattr {

/// Reads an entry of a configuration's runs: an engine, its options by its schema, and which examples and modalities.
/// `where`: file and path of the entry. Throws ConfigError that names the key.
RunConfig read_run(const Json& entry, const std::string& where);

/// What a JSON value says of an option; nothing where no option takes it.
OptionValue to_option(const Json& value);

/// The value as JSON; null for none.
Json to_json(const OptionValue& value);

}  // namespace modattr
