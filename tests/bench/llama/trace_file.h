// SPDX-License-Identifier: Apache-2.0
// The slices that a governor hands over, as it writes them down (governor/trace.h).
#pragma once

#include "base/file.h"
#include "governor/trace.h"

#include <string>
#include <vector>

namespace lull::bench {

class TraceFile {
public:
  TraceFile();
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  [[nodiscard]] std::string environment() const;  // for the governed program, which is a child of this process
  // Those that were with the driver at `ns`.
  [[nodiscard]] std::vector<governor::TracedSlice> at(std::uint64_t ns) const;

private:
  Fd m_file;
  governor::Trace* m_trace = nullptr;
};

}  // namespace lull::bench
