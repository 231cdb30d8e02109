// SPDX-License-Identifier: Apache-2.0
// A program run through the door to the sandbox, to its end; what it wrote and how it ended.
#pragma once

#include "runtimes/sandbox/sandbox.h"

#include <asio/io_context.hpp>

#include <functional>
#include <optional>
#include <string>

namespace lull::test {

class Inmate {
public:
  Inmate();
  // A shell's script inside, or change what is to be run.
  [[nodiscard]] static sandbox::Spec shell(const std::string& script);

  // An error: not started at all.
  [[nodiscard]] Outcome start(sandbox::Spec spec);
  [[nodiscard]] bool freezesWithin(Milliseconds bound = kPatience);  // after freeze()
  [[nodiscard]] bool startsWithin(Milliseconds bound = kPatience);
  [[nodiscard]] bool endsWithin(Milliseconds bound = kPatience);
  // start, endsWithin, ending; fails loudly.
  sandbox::Ending run(sandbox::Spec spec);

  [[nodiscard]] const std::string& output() const { return m_output; }  // standard output, when ended
  [[nodiscard]] const std::optional<sandbox::Ending>& ending() const { return m_ending; }
  [[nodiscard]] sandbox::Sandbox& sandbox() { return *m_sandbox; }
  void forget() { m_sandbox.reset(); }
  bool runUntil(const std::function<bool()>& condition, Milliseconds bound = kPatience);

  static constexpr Milliseconds kPatience{60'000};

private:
  asio::io_context m_loop;
  Fd m_outputFile;
  std::optional<sandbox::Sandbox> m_sandbox;
  bool m_started = false;
  std::optional<Instant> m_frozen;
  std::optional<sandbox::Ending> m_ending;
  std::string m_output;
};

}  // namespace lull::test
