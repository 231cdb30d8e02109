// SPDX-License-Identifier: Apache-2.0
// What can be said of a task before a worker looks at it: default deny of what no runtime could run.
#pragma once

#include "base/result.h"
#include "lull/v1/task.pb.h"

#include <string>
#include <vector>

namespace lull::runtimes {

inline constexpr std::size_t kMaxInline = 64 * 1024;
inline constexpr std::size_t kMaxSpec = 768 * 1024;  // with room to spare in the frame that hands it to a worker

// Invalid with a sentence naming the field, the value and what is allowed.
[[nodiscard]] Outcome check(const v1::TaskSpec& spec);
// Hashes of all blobs the task refers to.
[[nodiscard]] std::vector<std::string> blobsOf(const v1::TaskSpec& spec);
// The hash of the model it names; empty: none.
[[nodiscard]] std::string modelOf(const v1::TaskSpec& spec);
// Names of the results it will have.
[[nodiscard]] std::vector<std::string> outputsOf(const v1::TaskSpec& spec);
// The model that a task names.
struct ModelSize {
  std::uint64_t bytes = 0;
  std::uint64_t weights = 0;
};
// Disk space for its checkpoint and its results.
[[nodiscard]] std::uint64_t storageOf(const v1::TaskSpec& spec, const ModelSize& model = {});

}  // namespace lull::runtimes
