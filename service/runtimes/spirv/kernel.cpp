// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/kernel.h"

#include <algorithm>
#include <cstring>

namespace lull::spirv {

Attempt<Kernel> Kernel::create(const Gpu& gpu, const Buffers& buffers, Plan plan) {
  Kernel kernel(std::move(plan));
  if (auto made = kernel.makeLayout(gpu); !made) return made.failure();
  if (auto made = kernel.makePipeline(gpu); !made) return made.failure();
  if (auto made = kernel.makeSets(gpu, buffers); !made) return made.failure();
  kernel.m_plan.module = nullptr;  // both were needed for the pipeline only
  kernel.m_plan.specialisation = nullptr;
  return kernel;
}

Step Kernel::makeLayout(const Gpu& gpu) {
  std::vector<VkDescriptorSetLayoutBinding> bindings;
  for (const std::uint32_t binding : m_plan.bindings) {
    bindings.push_back({binding, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
  }
  VkDescriptorSetLayoutCreateInfo set{};
  set.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  set.bindingCount = static_cast<std::uint32_t>(bindings.size());
  set.pBindings = bindings.data();
  VkResult result = vkCreateDescriptorSetLayout(gpu.device, &set, nullptr, &m_setLayout);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateDescriptorSetLayout");
  const VkPushConstantRange range{VK_SHADER_STAGE_COMPUTE_BIT, 0, m_plan.shape.pushConstantBytes};
  VkPipelineLayoutCreateInfo layout{};
  layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  layout.setLayoutCount = 1;
  layout.pSetLayouts = &m_setLayout;
  layout.pushConstantRangeCount = range.size > 0 ? 1 : 0;
  layout.pPushConstantRanges = &range;
  result = vkCreatePipelineLayout(gpu.device, &layout, nullptr, &m_layout);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreatePipelineLayout");
  return Done{};
}

Step Kernel::makePipeline(const Gpu& gpu) {
  VkShaderModuleCreateInfo code{};
  code.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  code.codeSize = m_plan.module->words.size() * sizeof(std::uint32_t);
  code.pCode = m_plan.module->words.data();
  VkShaderModule module = VK_NULL_HANDLE;
  VkResult result = vkCreateShaderModule(gpu.device, &code, nullptr, &module);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateShaderModule");
  const Specialisation& special = *m_plan.specialisation;
  const VkSpecializationInfo constants{static_cast<std::uint32_t>(special.entries.size()), special.entries.data(),
                                       special.bytes.size(), special.bytes.data()};
  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module;
  info.stage.pName = m_plan.shape.entryPoint.c_str();
  info.stage.pSpecializationInfo = special.entries.empty() ? nullptr : &constants;
  info.layout = m_layout;
  result = vkCreateComputePipelines(gpu.device, VK_NULL_HANDLE, 1, &info, nullptr, &m_pipeline);
  vkDestroyShaderModule(gpu.device, module, nullptr);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateComputePipelines");
  return Done{};
}

Step Kernel::makeSets(const Gpu& gpu, const Buffers& buffers) {
  const auto orders = static_cast<std::uint32_t>(m_plan.orders.size());
  const auto bindings = static_cast<std::uint32_t>(m_plan.bindings.size());
  const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, std::max(1U, orders * bindings)};
  VkDescriptorPoolCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
  info.maxSets = orders;
  info.poolSizeCount = 1;
  info.pPoolSizes = &size;
  VkDescriptorPool pool = VK_NULL_HANDLE;
  VkResult result = vkCreateDescriptorPool(gpu.device, &info, nullptr, &pool);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateDescriptorPool");
  const std::vector<VkDescriptorSetLayout> layouts(orders, m_setLayout);
  VkDescriptorSetAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  allocate.descriptorPool = pool;
  allocate.descriptorSetCount = orders;
  allocate.pSetLayouts = layouts.data();
  m_sets.resize(orders);
  result = vkAllocateDescriptorSets(gpu.device, &allocate, m_sets.data());
  if (result != VK_SUCCESS) return fromVulkan(result, "vkAllocateDescriptorSets");
  for (std::size_t order = 0; order < m_sets.size(); ++order) {
    for (std::size_t k = 0; k < m_plan.bindings.size(); ++k) {
      const std::size_t which = m_plan.orders[order][k];
      const VkDescriptorBufferInfo target{buffers.handle(which), 0, buffers.size(which)};
      VkWriteDescriptorSet write{};
      write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
      write.dstSet = m_sets[order];
      write.dstBinding = m_plan.bindings[k];
      write.descriptorCount = 1;
      write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
      write.pBufferInfo = &target;
      vkUpdateDescriptorSets(gpu.device, 1, &write, 0, nullptr);
    }
  }
  return Done{};
}

Step Kernel::record(VkCommandBuffer commands, const Piece& piece) {
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  VkResult result = vkBeginCommandBuffer(commands, &begin);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkBeginCommandBuffer");
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, m_pipeline);
  for (const Part& part : piece.parts) recordPart(commands, part);
  result = vkEndCommandBuffer(commands);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkEndCommandBuffer");
  return Done{};
}

void Kernel::recordPart(VkCommandBuffer commands, const Part& part) {
  const VkDescriptorSet set = m_sets[part.iteration % m_sets.size()];
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, m_layout, 0, 1, &set, 0, nullptr);
  std::string& push = m_plan.pushConstants;
  if (m_plan.iterationOffset) {
    const auto number = static_cast<std::uint32_t>(part.iteration);
    std::memcpy(push.data() + *m_plan.iterationOffset, &number, sizeof number);
  }
  if (!push.empty()) {
    vkCmdPushConstants(commands, m_layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, static_cast<std::uint32_t>(push.size()),
                       push.data());
  }
  for (const Box& box : part.boxes) {
    vkCmdDispatchBase(commands, box.atX, box.atY, box.atZ, box.size.x, box.size.y, box.size.z);
  }
  VkMemoryBarrier after{};
  after.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  after.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
  after.dstAccessMask =
      VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_HOST_READ_BIT;
  vkCmdPipelineBarrier(
      commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &after,
      0, nullptr, 0, nullptr);
}

}  // namespace lull::spirv
