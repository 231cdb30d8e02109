// SPDX-License-Identifier: Apache-2.0
// The worker's own look at the governor page: whether the layer inside this process holds submissions back.
#pragma once

#include "governor/page.h"
#include "runtimes/spirv/failure.h"

namespace lull::spirv {

class GateView {
public:
  // No page in the environment: an ungoverned run (by hand), and nothing is ever held back. A page that cannot be
  // used is a failure: the layer would park for ever.
  [[nodiscard]] static Attempt<GateView> fromEnvironment();

  // To be asked once a device is open: fails when a page was given and no governor took it.
  [[nodiscard]] Step checkGoverned() const;
  // True while nothing new may go out.
  [[nodiscard]] bool holds() const;
  // True while nothing of this process is on the GPU.
  [[nodiscard]] bool idle() const;
  // Grows before any submission reaches the driver: equal numbers around a step mean that nothing went out during it.
  [[nodiscard]] std::uint64_t submits() const;

private:
  const governor::Page* m_page = nullptr;
};

}  // namespace lull::spirv
