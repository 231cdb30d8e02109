// SPDX-License-Identifier: Apache-2.0
#include "fakes/trace_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace lull::fakes {

TraceFile::TraceFile() : m_file(::memfd_create("lull-trace", 0)) {
  void* memory = MAP_FAILED;
  if (m_file && ::ftruncate(m_file.get(), static_cast<off_t>(governor::kTraceBytes)) == 0) {
    memory = ::mmap(nullptr, governor::kTraceBytes, PROT_READ | PROT_WRITE, MAP_SHARED, m_file.get(), 0);
  }
  if (memory == MAP_FAILED) std::abort();
  m_trace = static_cast<governor::Trace*>(memory);
}

TraceFile::~TraceFile() { ::munmap(m_trace, governor::kTraceBytes); }

std::string TraceFile::environment() const {
  return std::string(governor::kTraceVariable) + "=/proc/self/fd/" + std::to_string(m_file.get());
}

std::vector<governor::TracedSlice> TraceFile::between(std::uint64_t from, std::uint64_t to) const {
  const std::uint64_t written = m_trace->written.load();
  const std::uint64_t first = written - std::min(written, governor::Trace::kSlices);
  std::vector<governor::TracedSlice> out;
  for (std::uint64_t i = first; i < written; ++i) {
    const auto& slice = m_trace->slices[i % governor::Trace::kSlices];
    if (slice.handedNs <= to && slice.doneNs >= from) out.push_back(slice);
  }
  return out;
}

}  // namespace lull::fakes
