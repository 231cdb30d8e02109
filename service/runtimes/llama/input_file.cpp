// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/input_file.h"

#include "base/file.h"
#include "base/sha256.h"

namespace lull::runtimes::llama {

worker::Attempt<std::filesystem::path> inputFile(const worker::v1::Start& start, const v1::Blob& blob,
                                                 const char* name) {
  if (blob.has_sha256() && isSha256(blob.sha256())) return std::filesystem::path(start.blob_dir()) / blob.sha256();
  const auto file = std::filesystem::path(start.work_dir()) / name;
  if (auto written = replaceFile(file, blob.inline_()); !written) return worker::fromStorage(written.error());
  return file;
}

}  // namespace lull::runtimes::llama
