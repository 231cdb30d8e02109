// SPDX-License-Identifier: Apache-2.0
#include "bench/process_cost.h"

#include <time.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace lull::bench {

namespace fs = std::filesystem;

namespace {

pid_t parentOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream rest(text.substr(text.rfind(')') + 1));
  std::string state;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

std::uint64_t fieldOf(const fs::path& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) == 0) return std::stoull(line.substr(line.find_first_of("0123456789")));
  }
  return 0;
}

// Exact, and with the threads that have ended, unlike the sum over /proc/PID/task.
double cpuMsOf(pid_t pid) {
  clockid_t clock = 0;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

}  // namespace

std::vector<pid_t> familyOf(pid_t root) {
  std::vector<pid_t> out{root};
  std::error_code code;
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (const auto& entry : fs::directory_iterator("/proc", code)) {
      const auto name = entry.path().filename().native();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      if (parentOf(std::stoi(name)) == out[i]) out.push_back(std::stoi(name));
    }
  }
  return out;
}

Cost costOf(const std::vector<pid_t>& processes) {
  Cost out;
  std::error_code code;
  for (const auto pid : processes) {
    const fs::path folder = "/proc/" + std::to_string(pid);
    for (const auto& thread : fs::directory_iterator(folder / "task", code)) {
      out.wakeups += fieldOf(thread.path() / "status", "voluntary_ctxt_switches");
    }
    out.cpuMs += cpuMsOf(pid);
    out.pssMiB += static_cast<double>(fieldOf(folder / "smaps_rollup", "Pss:")) / 1024.0;
    ++out.processes;
  }
  return out;
}

}  // namespace lull::bench
