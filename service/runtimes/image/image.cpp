// SPDX-License-Identifier: Apache-2.0
#include "runtimes/image/image.h"

namespace lull::image {

namespace fs = std::filesystem;

Result<Programs> Images::programs(const std::string& runtime) const {
  if (!m_options.givenRoot.empty()) return Programs{.root = m_options.givenRoot, .version = {}, .held = nullptr};
  std::error_code code;
  if (fs::exists("/usr/bin/llama-server", code)) return Programs{};
  return Error(Error::Kind::NotFound,
               runtime + " is not on this computer. Install it: lull runtime install " + runtime);
}

}  // namespace lull::image
