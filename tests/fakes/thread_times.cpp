// SPDX-License-Identifier: Apache-2.0
#include "fakes/thread_times.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace lull::fakes {

namespace {

// The words of a line behind `skip` words.
std::istringstream wordsOf(const std::string& line, int skip) {
  std::istringstream words(line);
  for (std::string word; skip > 0 && words >> word; --skip) {
  }
  return words;
}

std::uint64_t nowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t stolenNs() {
  std::ifstream file("/proc/stat");
  std::string line;
  std::getline(file, line);
  std::uint64_t ticks = 0;
  wordsOf(line, 8) >> ticks;  // cpu user nice system idle iowait irq softirq steal
  return ticks * 1'000'000'000U / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

ThreadTimes::Thread ThreadTimes::read(pid_t program, pid_t thread) {
  const std::string folder = "/proc/" + std::to_string(program) + "/task/" + std::to_string(thread);
  Thread times;
  std::ifstream(folder + "/schedstat") >> times.ranNs >> times.waitedNs;
  std::ifstream file(folder + "/stat");
  std::string line;
  std::getline(file, line, '\0');  // the whole file; unlike an iterator it does not throw where the thread has ended
  std::uint64_t ofChildren = 0;
  // Behind the name, which may hold anything: state and six others, then the faults.
  if (const auto end = line.rfind(')'); end != std::string::npos) {
    wordsOf(line.substr(end + 1), 7) >> times.smallFaults >> ofChildren >> times.diskFaults;
  }
  return times;
}

ThreadTimes ThreadTimes::now(pid_t program) {
  ThreadTimes times;
  times.m_beginNs = nowNs();
  times.m_program = program;
  times.m_stolenNs = stolenNs();
  times.m_threads[::gettid()] = read(::getpid(), ::gettid());
  std::error_code gone;
  const auto tasks = "/proc/" + std::to_string(program) + "/task";  // of 0 there are none
  for (std::filesystem::directory_iterator task(tasks, gone), end; task != end; task.increment(gone)) {
    const pid_t thread = std::stoi(task->path().filename().string());
    times.m_threads[thread] = read(program, thread);
  }
  times.m_endNs = nowNs();
  return times;
}

Spent ThreadTimes::since(const ThreadTimes& before, std::uint64_t tookNs) const {
  const std::uint64_t allNs = m_endNs - before.m_beginNs;
  Spent spent;
  spent.lookingNs = allNs - std::min(allNs, tookNs);
  spent.stolenNs = m_stolenNs - before.m_stolenNs;
  for (const auto& [thread, after] : m_threads) {
    const auto known = before.m_threads.find(thread);
    const Thread then = known != before.m_threads.end() ? known->second : Thread{};
    if (after.ranNs < then.ranNs || after.smallFaults < then.smallFaults) continue;  // it ended while it was read
    const std::uint64_t ran = thread == m_program ? 0 : after.ranNs - then.ranNs;
    // What it waited for until now counts as a whole, even from before the first look.
    const std::uint64_t sinceNs = std::min(allNs, after.waitedNs - then.waitedNs);
    const std::uint64_t waited = sinceNs - std::min(sinceNs, spent.lookingNs);
    spent.ranNs += ran;
    spent.waitedNs += waited;
    spent.waitedPerhapsNs += sinceNs;
    spent.ranMostNs = std::max(spent.ranMostNs, ran);
    spent.waitedMostNs = std::max(spent.waitedMostNs, waited);
    spent.smallFaults += after.smallFaults - then.smallFaults;
    spent.diskFaults += after.diskFaults - then.diskFaults;
  }
  return spent;
}

}  // namespace lull::fakes
