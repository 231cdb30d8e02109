// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/trial.h"

#include "runtimes/sandbox/bubblewrap.h"

#include <asio/post.hpp>

namespace lull::sandbox {

Trial::Trial(asio::io_context& loop, std::filesystem::path ownPrograms)
    : m_loop(loop), m_ownPrograms(std::move(ownPrograms)) {}

void Trial::begin(Told told) {
  if (m_sandbox && m_sandbox->running()) return;
  // Asked for nothing, lull-inside says so and ends: enough to have been there.
  Spec spec{.ownPrograms = m_ownPrograms, .program = kInsideProgram};
  auto sandbox = Sandbox::create(m_loop, spec, {.onExit = [told](const Ending& ending) {
                                   told(ending.started ? std::string() : describe(ending));
                                 }});
  if (sandbox) {
    m_sandbox.emplace(std::move(*sandbox));
  } else {
    asio::post(m_loop, [told = std::move(told), why = sandbox.error().text()] { told(why); });
  }
}

}  // namespace lull::sandbox
