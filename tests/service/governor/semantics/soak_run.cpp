// SPDX-License-Identifier: Apache-2.0
#include "service/governor/semantics/soak_run.h"

#include "fakes/test_worker.h"
#include "fakes/vulkan_program.h"

#include <mutex>
#include <sstream>

namespace lull::semantics {

namespace {

// What the program is at, as its lines tell; asked by the toggler's thread.
class Current {
public:
  void begin(const std::string& name) {
    const std::lock_guard lock(m_mutex);
    m_name = name;
  }
  [[nodiscard]] std::string name() {
    const std::lock_guard lock(m_mutex);
    return m_name;
  }

private:
  std::mutex m_mutex;
  std::string m_name = "start";
};

}  // namespace

SoakRun soak(const SoakOptions& options) {
  fakes::ServicePage page;
  const fakes::TraceFile trace;
  Mode mode{.layers = {governor::kLayerName}, .environment = options.environment, .page = &page};
  mode.environment.push_back(trace.environment());
  SoakRun result;
  Current current;
  fakes::VulkanProgram program(
      semanticsCommand({"--soak", std::to_string(options.seconds), std::to_string(options.seed)}), environmentOf(mode),
      &page);
  Toggler toggler(
      page, options.limits,
      {.trace = &trace, .during = [&] { return current.name(); }, .program = [&] { return program.pid(); }});
  bool told = false;
  while (const auto text = program.reply(kCaseLimit)) {
    std::istringstream words(*text);
    std::string word;
    words >> word;
    if (word == "RUN") {
      std::string name;
      words >> name;
      current.begin(name);
    }
    if (word == "FAIL") result.failures += "\n  " + *text;
    if (word == "SOAK") told = static_cast<bool>(words >> result.runs >> result.differing);
  }
  if (!told) result.failures += "\n  it did not come to its end, at " + current.name();
  result.parks = toggler.stop();
  result.unacknowledged = toggler.unacknowledged();
  return result;
}

}  // namespace lull::semantics
