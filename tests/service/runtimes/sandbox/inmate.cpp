// SPDX-License-Identifier: Apache-2.0
#include "service/runtimes/sandbox/inmate.h"

#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace lull::test {

namespace {

std::string contentOf(int fd) {
  std::string text;
  char chunk[4096];
  for (ssize_t n = 0; (n = ::pread(fd, chunk, sizeof chunk, static_cast<off_t>(text.size()))) > 0;) {
    text.append(chunk, static_cast<std::size_t>(n));
  }
  return text;
}

[[noreturn]] void failed(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  std::abort();
}

}  // namespace

Inmate::Inmate() : m_outputFile(::memfd_create("output", MFD_CLOEXEC)) {}

sandbox::Spec Inmate::shell(const std::string& script) {
  const char* build = std::getenv("LULL_BUILD_DIR");
  return {.ownPrograms = std::filesystem::path(build != nullptr ? build : ".") / "bin",
          .program = "/bin/sh",
          .arguments = {"-c", script}};
}

Outcome Inmate::start(sandbox::Spec spec) {
  spec.descriptors.push_back({m_outputFile.get(), STDOUT_FILENO});
  auto sandbox = sandbox::Sandbox::create(m_loop, spec,
                                          {.onStarted = [this] { m_started = true; },
                                           .onFrozen = [this](Instant when) { m_frozen = when; },
                                           .onExit = [this](const sandbox::Ending& ending) { m_ending = ending; }});
  if (!sandbox) return sandbox.error();
  m_sandbox.emplace(std::move(*sandbox));
  return {};
}

bool Inmate::runUntil(const std::function<bool()>& condition, Milliseconds bound) {
  const auto end = std::chrono::steady_clock::now() + bound;
  m_loop.restart();
  while (!condition() && std::chrono::steady_clock::now() < end) m_loop.run_one_for(std::chrono::milliseconds(50));
  return condition();
}

bool Inmate::freezesWithin(Milliseconds bound) {
  m_frozen.reset();
  return runUntil([this] { return m_frozen || m_ending; }, bound) && m_frozen && m_frozen == sandbox().frozenAt();
}

bool Inmate::startsWithin(Milliseconds bound) {
  return runUntil([this] { return m_started || m_ending; }, bound) && m_started;
}

bool Inmate::endsWithin(Milliseconds bound) {
  if (!runUntil([this] { return m_ending.has_value(); }, bound)) return false;
  m_output = contentOf(m_outputFile.get());
  return true;
}

sandbox::Ending Inmate::run(sandbox::Spec spec) {
  if (auto started = start(std::move(spec)); !started) failed("not started: " + started.error().text());
  if (!endsWithin()) failed("it does not end");
  return *m_ending;
}

}  // namespace lull::test
