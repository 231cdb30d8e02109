// SPDX-License-Identifier: Apache-2.0
// A Vulkan driver that misbehaves as soon as the loader says hello to it.
#include <vulkan/vulkan_core.h>

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#define LULL_EXPORT __attribute__((visibility("default")))

extern "C" {

LULL_EXPORT VkResult vk_icdNegotiateLoaderICDInterfaceVersion(std::uint32_t* version);
LULL_EXPORT PFN_vkVoidFunction vk_icdGetInstanceProcAddr(VkInstance instance, const char* name);

VkResult vk_icdNegotiateLoaderICDInterfaceVersion(std::uint32_t* version) {
#if defined(LULL_ICD_HANG)
  for (;;) ::pause();
#elif defined(LULL_ICD_CRASH)
  ::signal(SIGSEGV, SIG_DFL);  // a sanitizer would make an ordinary exit of it
  ::raise(SIGSEGV);
#elif defined(LULL_ICD_ABORT)
  std::abort();
#elif defined(LULL_ICD_NOISE)
  for (int i = 0; i < 10000; ++i) std::printf("\x08\x96\x01 gpus { usable: true } garbage on standard output\n");
  std::fflush(stdout);
#endif
  *version = 5;
  return VK_ERROR_INCOMPATIBLE_DRIVER;
}

PFN_vkVoidFunction vk_icdGetInstanceProcAddr(VkInstance /*instance*/, const char* /*name*/) { return nullptr; }

}  // extern "C"
