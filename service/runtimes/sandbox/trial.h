// SPDX-License-Identifier: Apache-2.0
// Whether this computer lets programs into a sandbox, found out by doing it.
#pragma once

#include "runtimes/sandbox/sandbox.h"

#include <functional>
#include <optional>
#include <string>

namespace lull::sandbox {

class Trial {
public:
  // `refusal` is empty when all is well; else one sentence and what to do.
  using Told = std::function<void(const std::string& refusal)>;
  Trial(asio::io_context& loop, std::filesystem::path ownPrograms);

  // The outcome comes on the loop, never from inside this call. Nothing when a trial runs already.
  void begin(Told told);

private:
  asio::io_context& m_loop;
  const std::filesystem::path m_ownPrograms;
  std::optional<Sandbox> m_sandbox;
};

}  // namespace lull::sandbox
