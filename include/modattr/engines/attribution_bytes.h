#pragma once

#include <cstddef>
#include <cstdint>

#include "modattr/core/attribution.h"
#include "modattr/core/byte_codec.h"

namespace modattr {

/// Writes all of an example's attribution but its place among the examples of the run.
void put_attribution(const ExampleAttribution& attribution, ByteWriter& writer);

/// Reads what put_attribution() wrote. `example`: its place in this run. DataError where modalities are out of range.
ExampleAttribution take_attribution(std::uint32_t example, std::size_t modality_count, ByteReader& reader);

}  // namespace modattr
