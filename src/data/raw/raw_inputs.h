#pragma once

#include <cstddef>
#include <vector>

#include "modattr/data/data_source.h"
#include "modattr/data/raw/manifest.h"

namespace modattr {

/// The files that inputs are made of, [inputs]; those of other inputs are empty.
std::vector<NamedFiles> files_of_inputs(const Metadata& manifest, const ManifestOptions& options);

/// Whether each row of the manifest can be read, [examples].
std::vector<bool> readable_rows(const Metadata& manifest, const ManifestOptions& options,
                                const std::vector<NamedFiles>& files);

/// Adds the arrays and origins of an input. Every row of the manifest is an example.
void add_input(const Metadata& manifest, const RawInput& input, const NamedFiles& files, DataSource& source);

}  // namespace modattr
