// SPDX-License-Identifier: Apache-2.0
#include "governor/queue/item.h"

namespace lull::governor {

std::span<const SemaphoreWait> Item::waitsOf(std::size_t batch) const {
  const std::size_t end = batch + 1 < batches.size() ? batches[batch + 1].waits : waits.size();
  return {waits.data() + batches[batch].waits, end - batches[batch].waits};
}

std::span<const SemaphoreSignal> Item::signalsOf(std::size_t batch) const {
  const std::size_t end = batch + 1 < batches.size() ? batches[batch + 1].signals : signals.size();
  return {signals.data() + batches[batch].signals, end - batches[batch].signals};
}

std::size_t Item::partsEnd(std::size_t batch) const {
  return batch + 1 < batches.size() ? batches[batch + 1].parts : parts.size();
}

// Keeps what the lists have allocated: items are used again.
void Item::clear() {
  batches.clear();
  waits.clear();
  parts.clear();
  signals.clear();
  binds.clear();
  fence = VK_NULL_HANDLE;
  at = {};
  opened = false;
  next = nullptr;
}

}  // namespace lull::governor
