// SPDX-License-Identifier: Apache-2.0
// The worker's last word: said once, by whichever thread comes first, and then the process is over.
#pragma once

#include "runtimes/spirv/failure.h"
#include "runtimes/spirv/standing.h"
#include "runtimes/worker/link.h"

#include <string>
#include <vector>

namespace lull::spirv {

using worker::Link;

class Ending {
public:
  Ending(Link& link, Standing& standing) : m_link(link), m_standing(standing) {}

  [[noreturn]] void finished(const std::vector<v1::Output>& outputs);
  // `trouble` empty: all work done up to `progress` is kept.
  [[noreturn]] void evicted(double progress, const std::string& trouble);
  [[noreturn]] void failed(const Failure& failure);

private:
  [[noreturn]] void say(const worker::v1::FromWorker& message);
  Link& m_link;
  Standing& m_standing;
};

}  // namespace lull::spirv
