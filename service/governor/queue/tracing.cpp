// SPDX-License-Identifier: Apache-2.0
#include "governor/queue/tracing.h"

#include "governor/futex.h"
#include "governor/trace.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace lull::governor {

namespace {

Trace* mapTrace() {
  const char* path = std::getenv(kTraceVariable);
  const int file = path != nullptr ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return nullptr;
  struct stat about {};
  void* memory = MAP_FAILED;
  if (::fstat(file, &about) == 0 && about.st_size == static_cast<off_t>(kTraceBytes)) {
    memory = ::mmap(nullptr, kTraceBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  ::close(file);
  return memory != MAP_FAILED ? static_cast<Trace*>(memory) : nullptr;
}

// The work that is thought to take longest; one that nothing is known of before all others.
void describe(const WorkList& works, const Costs& costs, TracedSlice& traced) {
  for (const Work& work : *works) {
    const std::uint64_t ns = costs.predict(work).value_or(UINT64_MAX);
    ++traced.works;
    if (traced.works > 1 && ns <= traced.longestNs) continue;
    traced.longestNs = ns;
    traced.program = work.program;
    traced.units = work.units;
    traced.shape = work.shape;
  }
}

}  // namespace

void trace(const Slice& slice, const Costs& costs) noexcept {
  static Trace* const kept = mapTrace();
  if (kept == nullptr) return;
  TracedSlice traced{.handedNs = slice.timing.handedNs,
                     .doneNs = monotonicNs(),
                     .busyNs = slice.reading.busyNs,
                     .expectedNs = slice.passage.expectedNs};
  for (const WorkList& works : slice.works) {
    if (works != nullptr) describe(works, costs, traced);
  }
  kept->slices[kept->written.fetch_add(1) % Trace::kSlices] = traced;
}

}  // namespace lull::governor
