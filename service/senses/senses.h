// SPDX-License-Identifier: Apache-2.0
// All senses of the device: they keep the newest observations and say when one has changed.
// One thread: the loop's. Nothing here blocks; slow or dangerous looks (GPU drivers, input devices) happen in
// processes of their own.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "model/attention.h"
#include "model/facts.h"

#include <asio/io_context.hpp>

#include <filesystem>
#include <functional>
#include <memory>

namespace lull::senses {

// The doors: where this machine is looked at. Tests give captured trees and FIFOs.
struct Doors {
  std::filesystem::path input = "/dev/input";
  std::filesystem::path sys = "/sys";
  std::filesystem::path proc = "/proc";
  std::string systemBus;                  // D-Bus address; empty: this computer's
  std::filesystem::path presenceProgram;  // lull-presence
  std::filesystem::path gpusProgram;      // lull-gpus
  std::filesystem::path homeless = "/";   // working directory of the helpers
};

using model::Attention;

class Senses {
public:
  // `changed` is called on the loop, at once when an input event or a GPU list comes in, and after each reading that
  // differs from the one before; never from inside a call of ours. Begins to watch for input; the first call of
  // lookForGpus() is the caller's.
  [[nodiscard]] static Result<std::unique_ptr<Senses>> create(asio::io_context& loop, const Clock& clock,
                                                              const Doors& doors, std::function<void()> changed);
  virtual ~Senses() = default;

  virtual void attend(Attention attention) = 0;  // reads at once when attention rises
  virtual void lookForGpus() = 0;                // enumerates again (start, SIGHUP, a lost device)
  // Everything but the wishes.
  [[nodiscard]] virtual model::Facts facts() const = 0;
};

}  // namespace lull::senses
