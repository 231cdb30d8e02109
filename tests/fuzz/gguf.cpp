// SPDX-License-Identifier: Apache-2.0
// The reader of GGUF headers, fed with anything.
#include "gguf/header.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lull::gguf;
  const auto header = readHeader(fromMemory({reinterpret_cast<const char*>(data), size}));
  // What it takes for a model must be in the bytes that were there, and within what the rest of Lull reckons with.
  if (header && (header->tensorBytes > size || header->layerBytes > header->tensorBytes || header->layers > 4096 ||
                 header->chatTemplate.size() > 64 * 1024 || header->name.size() > 256)) {
    std::abort();
  }
  if (!header && header.error().text().empty()) std::abort();
  return 0;
}
