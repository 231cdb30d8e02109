// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/module_check.h"

#include <spirv-tools/libspirv.hpp>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <set>

namespace lull::spirv {

namespace {

// The words of the value that a task gives for a specialisation constant of 32 bits.
std::optional<std::uint32_t> value32(const v1::SpirvTask& task, std::uint32_t id) {
  for (const auto& constant : task.spec_constants()) {
    if (constant.id() != id) continue;
    if (constant.has_u32()) return constant.u32();
    if (constant.has_i32()) return static_cast<std::uint32_t>(constant.i32());
  }
  return std::nullopt;
}

Extent localSize(const v1::SpirvTask& task, const std::array<Size, 3>& sizes) {
  const auto resolve = [&task](const Size& size) {
    return (size.specId ? value32(task, *size.specId) : std::nullopt).value_or(size.literal);
  };
  return {resolve(sizes[0]), resolve(sizes[1]), resolve(sizes[2])};
}

std::string text(const Extent& e) {
  return std::to_string(e.x) + " x " + std::to_string(e.y) + " x " + std::to_string(e.z);
}

bool fits(const Extent& size, const uint32_t (&limit)[3]) {
  return size.x <= limit[0] && size.y <= limit[1] && size.z <= limit[2];
}

}  // namespace

Step validate(const std::vector<std::uint32_t>& words, std::uint32_t apiVersion) {
  std::string trouble;
  spvtools::SpirvTools checked(apiVersion >= VK_API_VERSION_1_2 ? SPV_ENV_VULKAN_1_2 : SPV_ENV_VULKAN_1_1);
  checked.SetMessageConsumer(
      [&trouble](spv_message_level_t, const char*, const spv_position_t& at, const char* message) {
        if (trouble.empty()) trouble = "word " + std::to_string(at.index) + ": " + message;
      });
  if (checked.Validate(words)) return Done{};
  return badTask("The kernel of this task is not valid SPIR-V for this GPU.", trouble);
}

Attempt<Shape> shapeOf(const v1::SpirvTask& task, std::uint32_t pushConstantBytes) {
  Shape shape;
  shape.entryPoint = task.entry_point().empty() ? "main" : task.entry_point();
  const auto atLeastOne = [](std::uint32_t n) { return std::max(1U, n); };
  shape.work.grid = {atLeastOne(task.grid().x()), atLeastOne(task.grid().y()), atLeastOne(task.grid().z())};
  shape.work.iterations = std::max<std::uint64_t>(1, task.iterations());
  shape.work.wholeGrid = task.whole_grid();
  shape.pushConstantBytes = pushConstantBytes;
  // Checked by division: x * y * z of three 32-bit numbers may not fit.
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62U;
  const auto& grid = shape.work.grid;
  if (grid.x > kMost / grid.y / grid.z || shape.work.iterations > kMost / grid.groups()) {
    return tooBig("The task is larger than can be counted.",
                  text(grid) + " work groups, " + std::to_string(shape.work.iterations) + " iterations");
  }
  return shape;
}

Step checkEntryPoint(const Module& module, const v1::SpirvTask& task, const Shape& shape,
                     const VkPhysicalDeviceLimits& limits) {
  const auto entry = std::find_if(module.entryPoints.begin(), module.entryPoints.end(),
                                  [&shape](const EntryPoint& e) { return e.name == shape.entryPoint; });
  if (entry == module.entryPoints.end()) {
    std::string names;
    for (const auto& e : module.entryPoints) names += (names.empty() ? "" : ", ") + e.name;
    return badTask("The kernel has no compute entry point named \"" + shape.entryPoint + "\".", "it has: " + names);
  }
  if (!entry->localSize) return badTask("The kernel does not say how large its work groups are.", "no LocalSize");
  const Extent size = localSize(task, *entry->localSize);
  if (size.x == 0 || size.y == 0 || size.z == 0) return badTask("The kernel's work groups are empty.", text(size));
  if (!fits(size, limits.maxComputeWorkGroupSize) || size.groups() > limits.maxComputeWorkGroupInvocations) {
    return tooBig("The kernel's work groups are too large for this GPU.",
                  text(size) + ", at most " + std::to_string(limits.maxComputeWorkGroupInvocations) + " in all");
  }
  if (module.sharedBytes > limits.maxComputeSharedMemorySize) {
    return tooBig(
        "The kernel's work groups share more memory than this GPU has for them.",
        std::to_string(module.sharedBytes) + " bytes, at most " + std::to_string(limits.maxComputeSharedMemorySize));
  }
  return Done{};
}

Step checkInterface(const Module& module, const v1::SpirvTask& task, const Shape& shape) {
  for (const auto& resource : module.resources) {
    const std::string where = "set " + std::to_string(resource.set) + ", binding " + std::to_string(resource.binding);
    if (resource.kind != ResourceKind::StorageBuffer || resource.isArray || resource.set != 0) {
      return badTask("The kernel uses something other than single storage buffers of descriptor set 0.", where);
    }
    const bool given = std::any_of(task.buffers().begin(), task.buffers().end(),
                                   [&resource](const auto& buffer) { return buffer.binding() == resource.binding; });
    if (!given) return badTask("The kernel uses a buffer that the task does not have.", where);
  }
  if (module.pushConstantBytes > shape.pushConstantBytes) {
    return badTask("The task gives fewer push constants than the kernel reads.",
                   "given " + std::to_string(shape.pushConstantBytes) + " bytes, read " +
                       std::to_string(module.pushConstantBytes));
  }
  if (task.has_iteration_offset() &&
      (task.iteration_offset() % 4 != 0 || std::uint64_t{task.iteration_offset()} + 4 > shape.pushConstantBytes)) {
    return badTask("iteration_offset must be a multiple of 4 inside the push constants.",
                   std::to_string(task.iteration_offset()));
  }
  return Done{};
}

Step checkBuffers(const v1::SpirvTask& task, const VkPhysicalDeviceLimits& limits) {
  std::set<std::uint32_t> bindings;
  const auto count = static_cast<std::uint32_t>(task.buffers_size());
  if (count > std::min(limits.maxPerStageDescriptorStorageBuffers, limits.maxDescriptorSetStorageBuffers)) {
    return tooBig("The task has more buffers than this GPU binds at once.", std::to_string(count));
  }
  for (const auto& buffer : task.buffers()) {
    const std::string which = "buffer " + std::to_string(buffer.binding());
    if (!bindings.insert(buffer.binding()).second) return badTask("Two buffers of the task have one binding.", which);
    if (buffer.size() == 0 || buffer.size() % 4 != 0) {
      return badTask("The size of a buffer must be a multiple of 4 and not zero.",
                     which + ": " + std::to_string(buffer.size()) + " bytes");
    }
    if (buffer.size() > limits.maxStorageBufferRange) {
      return tooBig("A buffer of the task is larger than this GPU allows.",
                    which + ": " + std::to_string(buffer.size()) + " bytes, at most " +
                        std::to_string(limits.maxStorageBufferRange));
    }
  }
  return Done{};
}

Step checkGrid(const Shape& shape, const VkPhysicalDeviceLimits& limits) {
  if (!fits(shape.work.grid, limits.maxComputeWorkGroupCount)) {
    return tooBig("The task's grid is larger than this GPU allows.", text(shape.work.grid));
  }
  if (shape.pushConstantBytes % 4 != 0) {
    return badTask("The size of the push constants must be a multiple of 4.",
                   std::to_string(shape.pushConstantBytes) + " bytes");
  }
  if (shape.pushConstantBytes > limits.maxPushConstantsSize) {
    return tooBig(
        "The task has more push constants than this GPU allows.",
        std::to_string(shape.pushConstantBytes) + " bytes, at most " + std::to_string(limits.maxPushConstantsSize));
  }
  return Done{};
}

Attempt<std::vector<std::vector<std::uint32_t>>> bufferOrders(const v1::SpirvTask& task) {
  std::vector<std::uint32_t> start(static_cast<std::size_t>(task.buffers_size()));
  std::iota(start.begin(), start.end(), 0U);
  std::vector<std::pair<std::size_t, std::size_t>> swaps;
  for (const auto& swap : task.swaps()) {
    const auto indexOf = [&task](std::uint32_t binding) {
      int i = 0;
      while (i < task.buffers_size() && task.buffers(i).binding() != binding) ++i;
      return i;
    };
    const int a = indexOf(swap.a());
    const int b = indexOf(swap.b());
    const bool known = a < task.buffers_size() && b < task.buffers_size();
    if (!known || task.buffers(a).size() != task.buffers(b).size()) {
      return badTask("Only two buffers of the task with equal sizes can be swapped.",
                     "swap of bindings " + std::to_string(swap.a()) + " and " + std::to_string(swap.b()));
    }
    swaps.emplace_back(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
  }
  std::vector<std::vector<std::uint32_t>> orders{start};
  for (;;) {
    auto next = orders.back();
    for (const auto& [a, b] : swaps) std::swap(next[a], next[b]);
    if (next == start) return orders;
    if (orders.size() == kMostOrders) {
      return tooBig("The task's buffer swaps take too many iterations to come round.",
                    "more than " + std::to_string(kMostOrders));
    }
    orders.push_back(std::move(next));
  }
}

namespace {

// The value as the constant's bytes; empty when it does not have the constant's width.
std::vector<std::uint8_t> bytesOf(const v1::SpecConstant& constant, std::uint32_t width) {
  const auto raw = [width](auto value) {
    std::vector<std::uint8_t> bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes.size() == width ? bytes : std::vector<std::uint8_t>{};
  };
  switch (constant.value_case()) {
    case v1::SpecConstant::kBoolean:
      return raw(VkBool32{constant.boolean() ? VK_TRUE : VK_FALSE});
    case v1::SpecConstant::kI32:
      return raw(constant.i32());
    case v1::SpecConstant::kU32:
      return raw(constant.u32());
    case v1::SpecConstant::kF32:
      return raw(constant.f32());
    case v1::SpecConstant::kF64:
      return raw(constant.f64());
    case v1::SpecConstant::kI64:
      return raw(constant.i64());
    case v1::SpecConstant::kU64:
      return raw(constant.u64());
    case v1::SpecConstant::VALUE_NOT_SET:
      return {};
  }
  return {};
}

}  // namespace

Attempt<Specialisation> specialise(const Module& module, const v1::SpirvTask& task) {
  Specialisation out;
  std::set<std::uint32_t> seen;
  for (const auto& constant : task.spec_constants()) {
    const std::string which = "constant " + std::to_string(constant.id());
    if (!seen.insert(constant.id()).second) return badTask("The task sets one constant of the kernel twice.", which);
    const auto known = module.specConstants.find(constant.id());
    if (known == module.specConstants.end()) {
      return badTask("The task sets a constant that the kernel does not have.", which);
    }
    const auto bytes = bytesOf(constant, known->second);
    if (bytes.empty()) {
      return badTask("The task sets a constant of the kernel to a value of another width.",
                     which + " has " + std::to_string(known->second) + " bytes");
    }
    out.entries.push_back({constant.id(), static_cast<std::uint32_t>(out.bytes.size()), bytes.size()});
    out.bytes.insert(out.bytes.end(), bytes.begin(), bytes.end());
  }
  return out;
}

}  // namespace lull::spirv
