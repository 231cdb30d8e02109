// SPDX-License-Identifier: Apache-2.0
#include "service/governor/compute.h"

#include "service/governor/semantics/commands.h"

namespace lull::tests {

Compute::Compute() {
  try {
    m_instance.emplace();
    m_gpu.emplace(*m_instance, semantics::Gpu::Ask::Plain);
  } catch (const semantics::Failure&) {
    m_gpu.reset();
  }
}

std::vector<std::uint32_t> Compute::run(const Job& job) {
  if (!ready()) return {};
  try {
    const auto bytes = static_cast<std::uint32_t>(job.pushed.size_bytes());
    const semantics::Kernel kernel(*m_gpu, job.words, 1, bytes, {.flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT});
    const semantics::Buffer buffer(*m_gpu, job.numbers);
    const semantics::DescriptorSet set(*m_gpu, kernel.setLayout(), {buffer});
    semantics::Recording commands(*m_gpu);
    semantics::bind(commands, kernel, set);
    vkCmdPushConstants(commands, kernel.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, bytes, job.pushed.data());
    for (const governor::Box& box : job.boxes) {
      vkCmdDispatchBase(commands, box.base[0], box.base[1], box.base[2], box.count[0], box.count[1], box.count[2]);
    }
    commands.run();
    return {buffer.words().begin(), buffer.words().end()};
  } catch (const semantics::Failure&) {
    return {};
  }
}

}  // namespace lull::tests
