// SPDX-License-Identifier: Apache-2.0
// lull-governor-check: tries the governor on every GPU of this machine and ends. `lull doctor` starts it under a page
// of its own, with the layer switched on, because drivers may hang and crash. It answers line by line on the descriptor
// it is given, so that what was found out before a crash is not lost:
//
//   loader VERSION           of the Vulkan loader
//   layer yes|no             whether the loader finds the governor's layer
//   gpu INDEX<TAB>NAME       what follows is about this one
//   step WORDS               what it tries now
//   works MS<TAB>NS          gives the GPU back in so many ms; so much GPU time was metered
//   fails WORDS
//   end                      all were tried
#include "governor/check/trial.h"
#include "governor/controls.h"

#include <poll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace lull::governor;
using namespace std::chrono_literals;

constexpr auto kPatience = 3s;         // what takes longer has not worked
constexpr auto kHold = 50ms;           // a closed gate must hold work for so long
constexpr auto kWorthStopping = 20ms;  // of work are queued when the gate is closed
constexpr auto kGlance = 50us;         // between looks at whether work has begun
constexpr auto kLongEnough = 500us;    // for one submission
constexpr std::uint32_t kMostTurns = 1U << 22U;
constexpr std::uint32_t kMostSubmits = 64;

std::uint64_t nowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

class Check {
public:
  Check(Page& page, int eventFd, int answerFd) : m_page(page), m_eventFd(eventFd), m_answerFd(answerFd) {}

  // Tries the GPUs from this index on.
  int run(std::uint32_t from);

private:
  void say(const std::string& line) const;
  void step(const char* what) const { say(std::string("step ") + what); }
  [[nodiscard]] bool layerIsFound() const;
  // Empty: it works.
  [[nodiscard]] std::string tryOn(VkPhysicalDevice physical);
  [[nodiscard]] std::string stopWork(Trial& trial);
  [[nodiscard]] std::string holdWork(Trial& trial);
  [[nodiscard]] static bool waitRunning(const Trial& trial, std::uint32_t before);
  [[nodiscard]] bool waitDrained(std::uint32_t word) const;

  Page& m_page;
  const int m_eventFd;
  const int m_answerFd;
  double m_stopMs = 0;
  std::uint32_t m_turns = 1'000;
  std::uint32_t m_submitted = 0;
};

void Check::say(const std::string& line) const {
  const std::string text = line + "\n";
  if (::write(m_answerFd, text.data(), text.size()) < 0) std::_Exit(1);  // nobody listens any more
}

bool Check::layerIsFound() const {
  std::uint32_t count = 0;
  vkEnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  vkEnumerateInstanceLayerProperties(&count, layers.data());
  for (const auto& layer : layers) {
    if (std::strcmp(layer.layerName, kLayerName) == 0) return true;
  }
  return false;
}

int Check::run(std::uint32_t from) {
  std::uint32_t version = VK_API_VERSION_1_0;
  const auto ask = reinterpret_cast<PFN_vkEnumerateInstanceVersion>(
      vkGetInstanceProcAddr(VK_NULL_HANDLE, "vkEnumerateInstanceVersion"));
  if (ask != nullptr) ask(&version);
  say("loader " + std::to_string(VK_API_VERSION_MAJOR(version)) + "." + std::to_string(VK_API_VERSION_MINOR(version)) +
      "." + std::to_string(VK_API_VERSION_PATCH(version)));
  say(layerIsFound() ? "layer yes" : "layer no");
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.pApplicationName = "lull-governor-check";
  application.apiVersion = ask == nullptr ? VK_API_VERSION_1_0 : VK_API_VERSION_1_1;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  VkInstance instance{};
  step("open Vulkan");
  const VkResult result = vkCreateInstance(&info, nullptr, &instance);
  if (result != VK_SUCCESS) {
    say(result == VK_ERROR_INCOMPATIBLE_DRIVER
            ? "fails no Vulkan driver answers"
            : "fails vkCreateInstance failed with VkResult " + std::to_string(result));
    return 1;
  }
  std::uint32_t count = 0;
  vkEnumeratePhysicalDevices(instance, &count, nullptr);
  std::vector<VkPhysicalDevice> devices(count);
  vkEnumeratePhysicalDevices(instance, &count, devices.data());
  for (std::uint32_t i = from; i < count; ++i) {
    VkPhysicalDeviceProperties properties{};
    vkGetPhysicalDeviceProperties(devices[i], &properties);
    say("gpu " + std::to_string(i) + "\t" + properties.deviceName);
    const std::uint64_t before = m_page.gpuNs.load();
    const auto trouble = tryOn(devices[i]);
    const auto metered = std::to_string(m_page.gpuNs.load() - before);
    say(trouble.empty() ? "works " + std::to_string(m_stopMs) + "\t" + metered : "fails " + trouble);
  }
  vkDestroyInstance(instance, nullptr);
  say("end");
  return 0;
}

std::string Check::tryOn(VkPhysicalDevice physical) {
  m_turns = 1'000;
  m_submitted = 0;
  turnGate(m_page, false, nowNs());
  const std::uint32_t devicesBefore = m_page.devices.load();
  Trial trial(physical);
  step("open the GPU");
  if (!trial.open()) return trial.whyNot();
  if (m_page.devices.load() == devicesBefore) return "the loader did not put the layer before its driver";
  step("give the GPU back");
  auto trouble = stopWork(trial);
  if (trouble.empty()) trouble = holdWork(trial);
  turnGate(m_page, true, nowNs());
  if (!trouble.empty()) return trouble;
  step("finish its work");
  if (!trial.wait(kPatience)) return trial.whyNot();
  if (trial.groupsDone() != m_submitted * Trial::kGroups) return "it computes wrongly under the governor";
  return {};
}

// Queues some milliseconds of work, closes the gate and waits for the acknowledgement.
std::string Check::stopWork(Trial& trial) {
  turnGate(m_page, true, nowNs());
  std::chrono::nanoseconds took{0};
  for (;; m_turns *= 4) {
    const std::uint64_t begin = nowNs();
    ++m_submitted;
    if (!trial.submit(m_turns) || !trial.wait(kPatience)) return trial.whyNot();
    took = std::chrono::nanoseconds(nowNs() - begin);
    if (took >= kLongEnough || m_turns >= kMostTurns) break;
  }
  const auto wanted = kWorthStopping / std::max<std::chrono::nanoseconds>(took, 1us);
  const auto submits = std::min<std::uint64_t>(static_cast<std::uint64_t>(wanted) + 1, kMostSubmits);
  const std::uint32_t before = trial.groupsDone();
  for (std::uint64_t i = 0; i < submits; ++i, ++m_submitted) {
    if (!trial.submit(m_turns)) return trial.whyNot();
  }
  if (!waitRunning(trial, before)) return "its work does not begin";
  const std::uint32_t word = turnGate(m_page, false, nowNs());
  if (!waitDrained(word)) return "the closed gate was never acknowledged, so the GPU is not given back";
  const std::uint64_t closed = m_page.gateChangedNs.load();
  m_stopMs = static_cast<double>(std::max(m_page.drainedAtNs.load(), closed) - closed) / 1e6;
  return {};
}

// Whatever is submitted while the gate is closed waits. From a thread, since a governor may hold the call itself.
std::string Check::holdWork(Trial& trial) {
  step("hold its work");
  const std::uint32_t before = trial.groupsDone();
  bool accepted = false;
  std::thread program([&] { accepted = trial.submit(m_turns); });
  std::this_thread::sleep_for(kHold);
  const bool held = trial.groupsDone() == before;
  turnGate(m_page, true, nowNs());
  program.join();
  if (!accepted) return trial.whyNot();
  ++m_submitted;
  return held ? std::string() : "work went out through the closed gate";
}

// Until the first of it is done: a gate closed before that would have nothing to stop.
bool Check::waitRunning(const Trial& trial, std::uint32_t before) {
  const std::uint64_t end = nowNs() + static_cast<std::uint64_t>(std::chrono::nanoseconds(kPatience).count());
  while (trial.groupsDone() == before) {
    if (nowNs() >= end) return false;
    std::this_thread::sleep_for(kGlance);
  }
  return true;
}

bool Check::waitDrained(std::uint32_t word) const {
  const std::uint64_t end = nowNs() + static_cast<std::uint64_t>(std::chrono::nanoseconds(kPatience).count());
  while (m_page.drained.load() != word) {
    const std::uint64_t now = nowNs();
    if (now >= end) return false;
    pollfd event{.fd = m_eventFd, .events = POLLIN, .revents = 0};
    ::poll(&event, 1, static_cast<int>((end - now) / 1'000'000) + 1);
    std::uint64_t events = 0;
    [[maybe_unused]] const auto n = ::read(m_eventFd, &events, sizeof events);
  }
  return true;
}

int numberFrom(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? -1 : std::atoi(text);
}

}  // namespace

int main(int count, char** words) {
  if (count < 3 || std::strcmp(words[1], "--fd") != 0) {
    std::fprintf(stderr, "usage: lull-governor-check --fd NUMBER [FIRST] (started by lull doctor)\n");
    return 2;
  }
  void* memory = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, numberFrom(kPageFdVariable), 0);
  if (memory == MAP_FAILED || !isValid(*static_cast<Page*>(memory))) {
    std::fprintf(stderr, "lull-governor-check has no governor page\n");
    return 1;
  }
  Check check(*static_cast<Page*>(memory), numberFrom(kEventFdVariable), std::atoi(words[2]));
  const int code = check.run(count > 3 ? static_cast<std::uint32_t>(std::atoi(words[3])) : 0);
  std::_Exit(code);  // drivers' own threads may still run
}
