// SPDX-License-Identifier: Apache-2.0
// Where the programs are that compute tasks and are not Lull's own: on this computer, or in an image, which is a small
// read-only root of its own. One thread: the loop's.
#pragma once

#include "base/result.h"

#include <filesystem>
#include <memory>
#include <string>

namespace lull::image {

struct Programs {
  std::filesystem::path root;        // empty: this computer's own system
  std::string version;               // for people: "llama.cpp 9.5, image 20261122-1a2b3c4d"
  std::shared_ptr<const void> held;  // an image stays while this is kept
};

struct Options {
  std::filesystem::path folder;     // of the images
  std::filesystem::path givenRoot;  // used rather than anything else; empty: none is given
};

class Images {
public:
  explicit Images(Options options) : m_options(std::move(options)) {}

  // Those of a runtime, "llama". NotFound: nobody has them; says how to get them.
  [[nodiscard]] Result<Programs> programs(const std::string& runtime) const;

private:
  Options m_options;
};

}  // namespace lull::image
