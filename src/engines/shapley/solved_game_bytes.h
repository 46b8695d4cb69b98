#pragma once

#include <cstddef>
#include <span>

#include "modattr/core/byte_codec.h"
#include "modattr/core/contributions/contributions.h"
#include "modattr/engines/shapley/solved_games.h"

namespace modattr {

/// v of the coalitions of one example.
void put_values(const ModalityValues& values, std::size_t example, ByteWriter& writer);
/// The same of all examples.
ModalityValues take_values(const ModalityCoalitions& asked, std::span<ByteReader> readers);

/// Values and pairs of one example, solved by looking into the model.
void put_solved(const ExampleContributions& solved, ByteWriter& writer);
/// The same of all examples.
SolvedGames take_solved(std::size_t modality_count, std::span<ByteReader> readers);

}  // namespace modattr
