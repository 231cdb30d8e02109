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
