// SPDX-License-Identifier: Apache-2.0
// Where limits are held by the kernel for all that runs inside one sandbox together: to be had where whoever looks
// after this computer gave the service such a place. Without it each limit is held for every process by itself, and
// sums are looked after. Claimed once, when the service starts.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace lull::sandbox {

struct GroundPlaces {
  std::filesystem::path proc = "/proc";
  std::filesystem::path root = "/";  // what the mounts' names begin at
};

class Ground {
public:
  Ground() = default;  // nothing was given

  // What this process was given, if anything. Everything of a predecessor's that is left there is ended.
  [[nodiscard]] static Ground claim(const GroundPlaces& places = {});
  // A control group (version 2) that is ours to divide.
  [[nodiscard]] static Ground claimAt(const std::filesystem::path& folder);

  [[nodiscard]] bool given() const { return !m_folder.empty(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }
  [[nodiscard]] bool has(const std::string& controller) const { return m_controllers.contains(controller); }

private:
  std::filesystem::path m_folder;
  std::set<std::string> m_controllers;
};

// For people: which limits hold how.
[[nodiscard]] std::string describe(const Ground& ground);
// The same of a process that runs already, without touching anything.
[[nodiscard]] std::string describeGroundOf(long pid, const GroundPlaces& places = {});

}  // namespace lull::sandbox
