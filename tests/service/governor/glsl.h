// SPDX-License-Identifier: Apache-2.0
// Compute shaders for tests, compiled when the test runs: the text stands beside what is expected of it.
#pragma once

#include <QByteArray>
#include <QStringList>

#include <cstdint>
#include <vector>

namespace lull::tests {

// Options of glslc, e.g. {"-O", "--target-env=vulkan1.1"}. Empty when it does not compile (the reason is logged).
[[nodiscard]] std::vector<std::uint32_t> compileCompute(const QByteArray& source, const QStringList& options);

}  // namespace lull::tests
