// SPDX-License-Identifier: Apache-2.0
// Pipelines, and what they are made of: compute pipelines whose dispatches may be split are made so that they can be.
#include "governor/chain.h"
#include "governor/hooks.h"
#include "governor/pacing/costs.h"
#include "governor/process.h"
#include "governor/recording/dispatch_base.h"

#include <vector>

namespace lull::governor {

namespace {

// One of the create infos of a call, as it goes to the driver.
struct Prepared {
  VkComputePipelineCreateInfo info{};
  Axes axes{};
  PipelineFlags2 flags2{};
};

Axes axesOfStage(Pipelines& pipelines, const VkPipelineShaderStageCreateInfo& stage) {
  if (stage.module != VK_NULL_HANDLE) return pipelines.axesOf(stage.module, stage.pName);
  const auto* module = inChain<VkShaderModuleCreateInfo>(stage.pNext);
  return module != nullptr ? axesOf(wordsOf(*module), stage.pName) : Axes{};
}

Prepared prepare(Pipelines& pipelines, const VkComputePipelineCreateInfo& info) {
  const Prepared whole{.info = info};
  Prepared prepared{.info = info, .axes = axesOfStage(pipelines, info.stage)};
  const bool divisible = prepared.axes[0] || prepared.axes[1] || prepared.axes[2];
  return divisible && allowBase(prepared.info, prepared.flags2) ? prepared : whole;
}

struct Call {
  VkDevice device = VK_NULL_HANDLE;
  VkPipelineCache cache = VK_NULL_HANDLE;
  std::span<const VkComputePipelineCreateInfo> infos;
  const VkAllocationCallbacks* allocator = nullptr;
  VkPipeline* made = nullptr;
};

VkResult pass(const Device& device, const Call& call) {
  return device.table().CreateComputePipelines(call.device, call.cache, static_cast<uint32_t>(call.infos.size()),
                                               call.infos.data(), call.allocator, call.made);
}

// Devices of Vulkan 1.0 have neither: there nothing is split.
bool dispatchesFromABase(const DeviceTable& vk) {
  return vk.CmdDispatchBase != nullptr || vk.CmdDispatchBaseKHR != nullptr;
}

VkResult create(Device& device, const Call& call) {
  Pipelines& pipelines = device.recordings().pipelines();
  const bool base = dispatchesFromABase(device.table());
  std::vector<Prepared> prepared(call.infos.size());
  std::vector<VkComputePipelineCreateInfo> infos(call.infos.size());
  for (std::size_t i = 0; i < infos.size(); ++i) {
    prepared[i] = base ? prepare(pipelines, call.infos[i]) : Prepared{.info = call.infos[i]};
    if (prepared[i].info.pNext != call.infos[i].pNext) prepared[i].info.pNext = &prepared[i].flags2;
    infos[i] = prepared[i].info;
  }
  Call changed = call;
  changed.infos = infos;
  const VkResult result = pass(device, changed);
  // On failure too some may have been made.
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (call.made[i] == VK_NULL_HANDLE) continue;
    const bool twin = base && device.recordings().twins().add(call.made[i], call.infos[i]);
    pipelines.add(call.made[i], prepared[i].axes, twin);
  }
  return result;
}

VKAPI_ATTR VkResult VKAPI_CALL createComputePipelines(VkDevice handle, VkPipelineCache cache, uint32_t count,
                                                      const VkComputePipelineCreateInfo* infos,
                                                      const VkAllocationCallbacks* allocator,
                                                      VkPipeline* made) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const Call call{.device = handle, .cache = cache, .infos = {infos, count}, .allocator = allocator, .made = made};
  try {
    return create(*device, call);
  } catch (...) {
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
}

VKAPI_ATTR void VKAPI_CALL destroyPipeline(VkDevice handle, VkPipeline pipeline,
                                           const VkAllocationCallbacks* allocator) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  if (pipeline != VK_NULL_HANDLE) {
    const std::uint64_t serial = device->recordings().pipelines().remove(pipeline);
    if (serial != 0) device->costs().forget(serial);
    device->recordings().twins().remove(pipeline);
  }
  device->table().DestroyPipeline(handle, pipeline, allocator);
}

VKAPI_ATTR VkResult VKAPI_CALL createShaderModule(VkDevice handle, const VkShaderModuleCreateInfo* info,
                                                  const VkAllocationCallbacks* allocator,
                                                  VkShaderModule* module) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const VkResult result = device->table().CreateShaderModule(handle, info, allocator, module);
  if (result == VK_SUCCESS) {
    device->recordings().pipelines().addModule(*module, wordsOf(*info));
    device->recordings().twins().add(*module, wordsOf(*info));
  }
  return result;
}

VKAPI_ATTR void VKAPI_CALL destroyShaderModule(VkDevice handle, VkShaderModule module,
                                               const VkAllocationCallbacks* allocator) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  if (module != VK_NULL_HANDLE) {
    device->recordings().pipelines().removeModule(module);
    device->recordings().twins().remove(module);
  }
  device->table().DestroyShaderModule(handle, module, allocator);
}

VKAPI_ATTR VkResult VKAPI_CALL createPipelineLayout(VkDevice handle, const VkPipelineLayoutCreateInfo* info,
                                                    const VkAllocationCallbacks* allocator,
                                                    VkPipelineLayout* layout) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const VkResult result = device->recordings().twins().create(*info, allocator, layout);
  if (result == VK_SUCCESS) {
    device->recordings().pipelines().addLayout(*layout, {info->pPushConstantRanges, info->pushConstantRangeCount});
  }
  return result;
}

VKAPI_ATTR void VKAPI_CALL destroyPipelineLayout(VkDevice handle, VkPipelineLayout layout,
                                                 const VkAllocationCallbacks* allocator) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  if (layout != VK_NULL_HANDLE) {
    device->recordings().pipelines().removeLayout(layout);
    device->recordings().twins().remove(layout);
  }
  device->table().DestroyPipelineLayout(handle, layout, allocator);
}

template <auto Member>
VkResult createTemplate(VkDevice handle, const VkDescriptorUpdateTemplateCreateInfo* info,
                        const VkAllocationCallbacks* allocator, VkDescriptorUpdateTemplate* made) {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const VkResult result = (device->table().*Member)(handle, info, allocator, made);
  if (result == VK_SUCCESS) device->recordings().templates().add(*made, *info);
  return result;
}

template <auto Member>
void destroyTemplate(VkDevice handle, VkDescriptorUpdateTemplate made, const VkAllocationCallbacks* allocator) {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  if (made != VK_NULL_HANDLE) device->recordings().templates().remove(made);
  (device->table().*Member)(handle, made, allocator);
}

VKAPI_ATTR VkResult VKAPI_CALL createUpdateTemplate(VkDevice device, const VkDescriptorUpdateTemplateCreateInfo* info,
                                                    const VkAllocationCallbacks* allocator,
                                                    VkDescriptorUpdateTemplate* made) noexcept {
  return createTemplate<&DeviceTable::CreateDescriptorUpdateTemplate>(device, info, allocator, made);
}

VKAPI_ATTR VkResult VKAPI_CALL createUpdateTemplateKhr(VkDevice device,
                                                       const VkDescriptorUpdateTemplateCreateInfo* info,
                                                       const VkAllocationCallbacks* allocator,
                                                       VkDescriptorUpdateTemplate* made) noexcept {
  return createTemplate<&DeviceTable::CreateDescriptorUpdateTemplateKHR>(device, info, allocator, made);
}

VKAPI_ATTR void VKAPI_CALL destroyUpdateTemplate(VkDevice device, VkDescriptorUpdateTemplate made,
                                                 const VkAllocationCallbacks* allocator) noexcept {
  destroyTemplate<&DeviceTable::DestroyDescriptorUpdateTemplate>(device, made, allocator);
}

VKAPI_ATTR void VKAPI_CALL destroyUpdateTemplateKhr(VkDevice device, VkDescriptorUpdateTemplate made,
                                                    const VkAllocationCallbacks* allocator) noexcept {
  destroyTemplate<&DeviceTable::DestroyDescriptorUpdateTemplateKHR>(device, made, allocator);
}

}  // namespace

Hooks pipelineHooks() {
  static const Hook hooks[] = {
      {"vkCreateComputePipelines", hooked(&createComputePipelines)},
      {"vkDestroyPipeline", hooked(&destroyPipeline)},
      {"vkCreateShaderModule", hooked(&createShaderModule)},
      {"vkDestroyShaderModule", hooked(&destroyShaderModule)},
      {"vkCreatePipelineLayout", hooked(&createPipelineLayout)},
      {"vkDestroyPipelineLayout", hooked(&destroyPipelineLayout)},
      {"vkCreateDescriptorUpdateTemplate", hooked(&createUpdateTemplate)},
      {"vkCreateDescriptorUpdateTemplateKHR", hooked(&createUpdateTemplateKhr)},
      {"vkDestroyDescriptorUpdateTemplate", hooked(&destroyUpdateTemplate)},
      {"vkDestroyDescriptorUpdateTemplateKHR", hooked(&destroyUpdateTemplateKhr)},
  };
  return hooks;
}

}  // namespace lull::governor
