#pragma once

/// Before a function of long loops: it is compiled for AVX2 as well, and the processor's version is chosen when the
/// program starts. Wider vectors do the same operations on each number, so both give the same bits; fused
/// multiply-adds, which would not, stay off.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define MODATTR_VECTOR_CLONES [[gnu::target_clones("avx2", "default")]]
#else
#define MODATTR_VECTOR_CLONES
#endif
