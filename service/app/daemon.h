// SPDX-License-Identifier: Apache-2.0
// Composes the service, runs its loop and ends it in order.
#pragma once

#include "app/options.h"
#include "base/result.h"

#include <memory>

namespace lull::app {

class Daemon {
public:
  // Takes the state folder for itself (Conflict when another lulld has it), clears up what a crashed predecessor left,
  // opens ledger and socket. Nothing runs yet.
  [[nodiscard]] static Result<std::unique_ptr<Daemon>> create(Options options);
  ~Daemon();

  // Until SIGTERM or SIGINT. A second one ends it at once.
  void run();

private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);
  void listenToSignals();
  void stop();
  void reload();
  void watchdog();

  std::unique_ptr<Parts> m_parts;
};

}  // namespace lull::app
