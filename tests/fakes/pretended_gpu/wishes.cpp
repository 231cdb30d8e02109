// SPDX-License-Identifier: Apache-2.0
#include "fakes/pretended_gpu/pretended_gpu.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

namespace lull::pretended {

namespace {

std::vector<std::string> listIn(const char* variable) {
  const char* text = std::getenv(variable);
  std::vector<std::string> list;
  std::istringstream in(text != nullptr ? text : "");
  for (std::string item; std::getline(in, item, ',');) list.push_back(item);
  return list;
}

// "name:7" → 7; "7" → 7.
std::uint64_t numberOf(const std::string& item) { return std::stoull(item.substr(item.find(':') + 1)); }

Family familyFrom(const std::string& item) {
  const auto queues = static_cast<std::uint32_t>(numberOf(item));
  if (item.starts_with("compute")) return {VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT, queues};
  if (item.starts_with("transfer")) return {VK_QUEUE_TRANSFER_BIT, queues};
  return {0, queues};
}

VkQueueGlobalPriorityKHR priorityFrom(const std::string& item) {
  if (item == "low") return VK_QUEUE_GLOBAL_PRIORITY_LOW_KHR;
  if (item == "medium") return VK_QUEUE_GLOBAL_PRIORITY_MEDIUM_KHR;
  return item == "high" ? VK_QUEUE_GLOBAL_PRIORITY_HIGH_KHR : VK_QUEUE_GLOBAL_PRIORITY_REALTIME_KHR;
}

void readPriorities(Wishes& out) {
  for (const auto& item : listIn("LULL_PRETEND_PRIORITY")) {
    if (item == "core") out.core14 = true;
    if (item == "khr") out.extensions.push_back(VK_KHR_GLOBAL_PRIORITY_EXTENSION_NAME);
    if (item == "ext") {
      out.extensions.push_back(VK_EXT_GLOBAL_PRIORITY_EXTENSION_NAME);
      out.extensions.push_back(VK_EXT_GLOBAL_PRIORITY_QUERY_EXTENSION_NAME);
    }
  }
  for (const auto& item : listIn("LULL_PRETEND_FAMILY_PRIORITIES")) out.familyPriorities.push_back(priorityFrom(item));
  if (std::getenv("LULL_PRETEND_FAMILY_PRIORITIES") == nullptr) {
    for (const char* item : {"low", "medium", "high", "realtime"}) out.familyPriorities.push_back(priorityFrom(item));
  }
  for (const auto& item : listIn("LULL_PRETEND_REFUSE")) out.refusal = static_cast<VkResult>(std::stoi(item));
}

Wishes readWishes() {
  Wishes out;
  for (const auto& item : listIn("LULL_PRETEND_QUEUES")) out.families.push_back(familyFrom(item));
  if (out.families.empty()) out.families.push_back({});
  readPriorities(out);
  for (const auto& item : listIn("LULL_PRETEND_HEAPS")) {
    out.heaps.push_back({.bytes = numberOf(item) << 20U, .deviceLocal = item.starts_with("local")});
  }
  if (!out.heaps.empty()) out.extensions.push_back(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  out.memoryFails = std::getenv("LULL_PRETEND_MEMORY_FAILS") != nullptr;
  out.sharing = std::getenv("LULL_PRETEND_SHARING") != nullptr;
  if (out.sharing) {
    out.extensions.push_back(VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME);
    out.extensions.push_back(VK_KHR_EXTERNAL_FENCE_FD_EXTENSION_NAME);
  }
  const char* record = std::getenv("LULL_PRETEND_RECORD");
  out.record = record != nullptr ? record : "";
  return out;
}

}  // namespace

const Wishes& wishes() {
  static const auto* const all = new Wishes(readWishes());
  return *all;
}

void record(const std::string& line) {
  if (wishes().record.empty()) return;
  const int file = ::open(wishes().record.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string bytes = line + "\n";
  [[maybe_unused]] const auto written = ::write(file, bytes.data(), bytes.size());
  ::close(file);
}

}  // namespace lull::pretended
