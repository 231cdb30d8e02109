// SPDX-License-Identifier: Apache-2.0
// The slices that a governor hands over, as it writes them down (governor/trace.h).
#pragma once

#include "base/file.h"
#include "governor/trace.h"

#include <string>
#include <vector>

namespace lull::fakes {

class TraceFile {
public:
  TraceFile();
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  [[nodiscard]] std::string environment() const;  // for the governed program, which is a child of this process
  // Those that were with the driver at `ns`.
  [[nodiscard]] std::vector<governor::TracedSlice> at(std::uint64_t ns) const { return between(ns, ns); }
  // Those that were with the driver at some time from `from` to `to`.
  [[nodiscard]] std::vector<governor::TracedSlice> between(std::uint64_t from, std::uint64_t to) const;

private:
  Fd m_file;
  governor::Trace* m_trace = nullptr;
};

}  // namespace lull::fakes
