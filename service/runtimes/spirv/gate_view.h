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
  [[nodiscard]] bool governed() const { return m_page != nullptr; }
  // True while nothing new may go out.
  [[nodiscard]] bool holds() const;
  // How many submissions of this process went out. Grows before one reaches the driver: equal numbers around a step
  // mean that nothing went out during it.
  [[nodiscard]] std::uint64_t submits() const;
  // Equal around a step: the gate was not turned during it.
  [[nodiscard]] std::uint32_t word() const;
  // The GPU is lent for a part of the time only: work also waits while the gate is open.
  [[nodiscard]] bool rationed() const;
  // GPU time of this process, as metered; a submission may be missing for a moment after its fence.
  [[nodiscard]] std::uint64_t gpuNs() const;

private:
  const governor::Page* m_page = nullptr;
  std::uint64_t m_submitsBefore = 0;  // of another process that had this page
};

}  // namespace lull::spirv
