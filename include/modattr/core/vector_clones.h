#pragma once

/// Before a function of long loops: it is compiled for wider vectors as well, and the processor's version is chosen
/// when the program starts. Wider vectors do the same operations on each number, so all versions give the same bits;
/// fused multiply-adds, which would not, are off (-ffp-contract=off).
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define MODATTR_VECTOR_CLONES [[gnu::target_clones("avx512f", "avx2", "default")]]
#else
#define MODATTR_VECTOR_CLONES
#endif
