// SPDX-License-Identifier: Apache-2.0
// For initTestCase() of every test that runs programs of llama.cpp's tree: without the tree it fails, and is skipped
// only where somebody said so.
#pragma once

#include "llama/program.h"

#include <QtTest>

#define LULL_NEED_LLAMA()                                                                  \
  do {                                                                                     \
    const bool none = lull::llama::rootFolder().empty();                                   \
    if (none && qEnvironmentVariable("LULL_NO_LLAMA") == "1") QSKIP("LULL_NO_LLAMA=1");    \
    QVERIFY2(!none, "no llama.cpp: make its tree with tests/llama/root build/llama-root"); \
  } while (false)

// The same for a case that has the governor's layer in those programs: a sanitizer's library would come into that tree
// with it, whose loader and libc it is not made for.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LULL_NEED_GOVERNED_LLAMA() QSKIP("the governor's layer is sanitized")
#else
#define LULL_NEED_GOVERNED_LLAMA() LULL_NEED_LLAMA()
#endif
