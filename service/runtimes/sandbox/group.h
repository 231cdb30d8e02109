// SPDX-License-Identifier: Apache-2.0
// The control group (version 2) of one sandbox.
#pragma once

#include "base/file.h"
#include "runtimes/sandbox/ground.h"
#include "runtimes/sandbox/sandbox.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull::sandbox {

struct GroupSetting {
  std::string controller;
  std::string file;
  std::string value;
};
[[nodiscard]] std::vector<GroupSetting> groupSettings(const Limits& limits);

class Group {
public:
  // A new one. nullopt: no ground, or the kernel refuses.
  [[nodiscard]] static std::optional<Group> create(const Ground& ground, const Limits& limits);
  // One that is there already.
  Group(std::filesystem::path folder, const Limits& limits);
  Group(Group&& other) noexcept = default;
  Group& operator=(Group&&) = delete;

  // What it does not hold, 0 for what it does.
  [[nodiscard]] const Limits& left() const { return m_left; }
  // To be written "0" into by whoever is to be born into it.
  [[nodiscard]] Fd door() const;
  [[nodiscard]] bool freeze(bool frozen) const;  // false: no such thing here
  [[nodiscard]] bool isFrozen() const;
  [[nodiscard]] bool kill() const;  // false: not by this kernel
  [[nodiscard]] std::optional<std::uint64_t> cpuNs() const;
  // Why the kernel ended it for want of memory, for people; empty: it did not.
  [[nodiscard]] std::string endedForMemory() const;
  [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }
  // When all that was in it is gone, and has been read; what cannot be removed yet goes with a later one.
  void remove();

private:
  [[nodiscard]] std::optional<std::uint64_t> valueIn(const char* file, const std::string& name) const;

  std::filesystem::path m_folder;
  Fd m_used;  // until it is removed no other Group takes it for a leftover
  std::uint64_t m_memoryBytes = 0;
  Limits m_left;
};

// Ends and removes what a predecessor left in `folder`.
void clearGroups(const std::filesystem::path& folder);

}  // namespace lull::sandbox
