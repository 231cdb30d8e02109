// SPDX-License-Identifier: Apache-2.0
// A small Vulkan program that looks at the GPU's memory, creates devices and allocates; led by lines on its standard
// input, each answered by a line.
//
//   instance 1.3 [EXTENSION...]
//   device [queue FAMILY COUNT none|low|medium]... [extension NAME]... [stranger]   stranger: an unknown structure
//       behind each queue's own
//   heaps | heaps2 | heaps2khr | budget        per heap: bytes and L if device-local; budget/usage
//   allocate TYPE BYTES | import BYTES | free
//   race THREADS BYTES             all allocate until refused; how many were given in all, and as many are freed
//   knows NAME                     whether vkGetInstanceProcAddr knows it
//   destroy | exit
#include <vulkan/vulkan.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Host {
  VkInstance instance{};
  VkPhysicalDevice physical{};
  VkDevice device{};
  std::vector<VkDeviceMemory> memory;
};

std::string said(VkResult result) { return result == VK_SUCCESS ? "ok" : "error " + std::to_string(result); }

std::vector<const char*> pointers(const std::vector<std::string>& strings) {
  std::vector<const char*> out;
  for (const auto& s : strings) out.push_back(s.c_str());
  return out;
}

std::string makeInstance(Host& h, std::istringstream& words) {
  std::string version;
  words >> version;
  std::vector<std::string> extensions;
  for (std::string word; words >> word;) extensions.push_back(word);
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.apiVersion = VK_MAKE_API_VERSION(0, 1, std::stoul(version.substr(2)), 0);
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = version == "1.0" ? nullptr : &application;
  const auto names = pointers(extensions);
  info.enabledExtensionCount = static_cast<std::uint32_t>(names.size());
  info.ppEnabledExtensionNames = names.data();
  const VkResult result = vkCreateInstance(&info, nullptr, &h.instance);
  if (result != VK_SUCCESS) return said(result);
  std::uint32_t count = 1;
  vkEnumeratePhysicalDevices(h.instance, &count, &h.physical);
  std::uint32_t families = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(h.physical, &families, nullptr);
  return "ok";
}

// What is asked for, in memory that does not move.
struct Wish {
  std::deque<VkDeviceQueueGlobalPriorityCreateInfoKHR> priorities;
  std::deque<VkBaseInStructure> strangers;
  std::vector<VkDeviceQueueCreateInfo> queues;
  std::vector<std::string> extensions;
  bool stranger = false;
};

constexpr float kPriorities[4] = {1, 1, 1, 1};

void addQueue(Wish& wish, std::istringstream& words) {
  VkDeviceQueueCreateInfo queue{};
  std::string priority;
  words >> queue.queueFamilyIndex >> queue.queueCount >> priority;
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.pQueuePriorities = kPriorities;
  if (priority != "none") {
    auto& own = wish.priorities.emplace_back();
    own.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_GLOBAL_PRIORITY_CREATE_INFO_KHR;
    own.globalPriority = priority == "low" ? VK_QUEUE_GLOBAL_PRIORITY_LOW_KHR : VK_QUEUE_GLOBAL_PRIORITY_MEDIUM_KHR;
    queue.pNext = &own;
  }
  wish.queues.push_back(queue);
}

Wish readWish(std::istringstream& words) {
  Wish wish;
  for (std::string word; words >> word;) {
    if (word == "queue") addQueue(wish, words);
    if (word == "extension") words >> wish.extensions.emplace_back();
    if (word == "stranger") wish.stranger = true;
  }
  for (auto& queue : wish.queues) {
    if (!wish.stranger) break;
    auto& stranger = wish.strangers.emplace_back();
    stranger.sType = static_cast<VkStructureType>(1999000000);
    stranger.pNext = static_cast<const VkBaseInStructure*>(queue.pNext);
    queue.pNext = &stranger;
  }
  return wish;
}

std::string makeDevice(Host& h, std::istringstream& words) {
  const Wish wish = readWish(words);
  const auto names = pointers(wish.extensions);
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.queueCreateInfoCount = static_cast<std::uint32_t>(wish.queues.size());
  info.pQueueCreateInfos = wish.queues.data();
  info.enabledExtensionCount = static_cast<std::uint32_t>(names.size());
  info.ppEnabledExtensionNames = names.data();
  const auto queuesBefore = wish.queues;
  const VkDeviceCreateInfo before = info;
  const VkResult result = vkCreateDevice(h.physical, &info, nullptr, &h.device);
  const bool same =
      std::memcmp(&before, &info, sizeof info) == 0 &&
      std::memcmp(queuesBefore.data(), wish.queues.data(), queuesBefore.size() * sizeof(VkDeviceQueueCreateInfo)) == 0;
  return same ? said(result) : "what the program gave was changed";
}

std::string heaps(const VkPhysicalDeviceMemoryProperties& memory) {
  std::string out;
  for (std::uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
    const bool local = (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0;
    out += (i == 0 ? "" : " ") + std::to_string(memory.memoryHeaps[i].size) + (local ? "L" : "");
  }
  return out;
}

std::string look(Host& h, const std::string& verb) {
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{};
  budget.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
  VkPhysicalDeviceMemoryProperties2 all{};
  all.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
  if (verb == "budget") all.pNext = &budget;
  if (verb == "heaps") {
    vkGetPhysicalDeviceMemoryProperties(h.physical, &all.memoryProperties);
  } else {
    const bool khr = verb == "heaps2khr";
    const auto get2 = reinterpret_cast<PFN_vkGetPhysicalDeviceMemoryProperties2>(vkGetInstanceProcAddr(
        h.instance, khr ? "vkGetPhysicalDeviceMemoryProperties2KHR" : "vkGetPhysicalDeviceMemoryProperties2"));
    get2(h.physical, &all);
  }
  if (verb != "budget") return heaps(all.memoryProperties);
  std::string out;
  for (std::uint32_t i = 0; i < all.memoryProperties.memoryHeapCount; ++i) {
    out += (i == 0 ? "" : " ") + std::to_string(budget.heapBudget[i]) + "/" + std::to_string(budget.heapUsage[i]);
  }
  return out;
}

std::string keep(Host& h, const VkMemoryAllocateInfo& info) {
  VkDeviceMemory memory{};
  const VkResult result = vkAllocateMemory(h.device, &info, nullptr, &memory);
  if (result == VK_SUCCESS) h.memory.push_back(memory);
  return said(result);
}

std::string allocate(Host& h, const std::string& verb, std::istringstream& words) {
  VkMemoryAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  if (verb == "allocate") words >> info.memoryTypeIndex;
  words >> info.allocationSize;
  VkImportMemoryHostPointerInfoEXT pointer{};
  pointer.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT;
  pointer.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
  if (verb == "import") {
    pointer.pHostPointer = std::aligned_alloc(65536, info.allocationSize);
    info.pNext = &pointer;
  }
  return keep(h, info);
}

std::string race(Host& h, std::istringstream& words) {
  std::size_t count = 1;
  VkMemoryAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  words >> count >> info.allocationSize;
  std::mutex mutex;
  std::vector<VkDeviceMemory> given;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      VkDeviceMemory memory{};
      while (vkAllocateMemory(h.device, &info, nullptr, &memory) == VK_SUCCESS) {
        const std::lock_guard lock(mutex);
        given.push_back(memory);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (VkDeviceMemory memory : given) vkFreeMemory(h.device, memory, nullptr);
  return std::to_string(given.size());
}

std::string release(Host& h) {
  vkFreeMemory(h.device, h.memory.back(), nullptr);
  h.memory.pop_back();
  return "ok";
}

std::string destroy(Host& h) {
  while (!h.memory.empty()) release(h);
  vkDestroyDevice(h.device, nullptr);
  vkDestroyInstance(h.instance, nullptr);
  return "ok";
}

std::string obey(Host& h, const std::string& verb, std::istringstream& words) {
  if (verb == "instance") return makeInstance(h, words);
  if (verb == "device") return makeDevice(h, words);
  if (verb == "heaps" || verb.starts_with("heaps2") || verb == "budget") return look(h, verb);
  if (verb == "allocate" || verb == "import") return allocate(h, verb, words);
  if (verb == "race") return race(h, words);
  if (verb == "free") return release(h);
  if (verb == "destroy") return destroy(h);
  if (verb == "knows") {
    std::string name;
    words >> name;
    return vkGetInstanceProcAddr(h.instance, name.c_str()) != nullptr ? "yes" : "no";
  }
  if (verb == "exit") std::exit(0);
  return "what?";
}

}  // namespace

int main() {
  auto* host = new Host;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    std::cout << obey(*host, verb, words) << std::endl;
  }
  return 0;
}
