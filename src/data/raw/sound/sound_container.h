#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace modattr {

/// What is wrong with the container of a WAV file, empty if nothing is: its data end before they should. libsndfile
/// takes what there is. Lengths that programs write into pipes, where they do not know them, are no problem.
std::string wav_problem(std::span<const std::byte> bytes);

/// The same of an Ogg file: a page that ends too early, or whose checksum is another one (RFC 3533); libsndfile leaves
/// such pages out.
std::string ogg_problem(std::span<const std::byte> bytes);

}  // namespace modattr
