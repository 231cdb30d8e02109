// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/ending.h"

#include <unistd.h>

namespace lull::spirv {

// Neither device nor threads are taken down in order: one of them may be inside the driver and stay there.
void Ending::say(const worker::v1::FromWorker& message) {
  while (!m_standing.claimEnd()) ::pause();
  m_link.send(message);
  ::_exit(0);
}

void Ending::finished(const std::vector<v1::Output>& outputs) {
  worker::v1::FromWorker message;
  message.mutable_finished();
  for (const auto& output : outputs) *message.mutable_finished()->add_outputs() = output;
  say(message);
}

void Ending::evicted(double progress, const std::string& trouble) {
  worker::v1::FromWorker message;
  message.mutable_evicted()->set_progress(progress);
  message.mutable_evicted()->set_saved(trouble.empty());
  message.mutable_evicted()->set_trouble(trouble);
  say(message);
}

void Ending::failed(const Failure& failure) {
  worker::v1::FromWorker message;
  *message.mutable_failed()->mutable_failure() = failure;
  say(message);
}

}  // namespace lull::spirv
