// SPDX-License-Identifier: Apache-2.0
// More than one device or instance, at once or one after the other.
#include "chain.h"
#include "suite.h"

#include <memory>

namespace semantics {

namespace {

void workOn(Run& run, const Gpu& gpu, std::uint32_t add) {
  Chain chain(gpu);
  Recording commands(gpu);
  chain.record(commands, 6, add);
  commands.run();
  chain.expect(6, add);
  chain.verify(run);
}

void two(Run& run) {
  const Gpu other(run.gpu.instance());
  Chain here(run.gpu);
  Chain there(other);
  Recording hereCommands(run.gpu);
  Recording thereCommands(other);
  here.prepare(hereCommands);
  there.prepare(thereCommands);
  for (std::uint32_t i = 0; i < 8; ++i) {
    here.step(hereCommands, i);
    there.step(thereCommands, i * 2);
    barrier(hereCommands);
    barrier(thereCommands);
    here.expect(1, i);
    there.expect(1, i * 2);
  }
  thereCommands.run();
  hereCommands.run();
  here.verify(run);
  there.verify(run);
}

void again(Run& run) {
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Gpu gpu(run.gpu.instance());
    workOn(run, gpu, i);
    gpu.waitIdle();
  }
}

void twoInstances(Run& run) {
  auto first = std::make_unique<Instance>();
  const Instance second;
  auto gpu = std::make_unique<Gpu>(*first);
  const Gpu other(second);
  workOn(run, *gpu, 3);
  workOn(run, other, 4);
  gpu.reset();
  first.reset();
  workOn(run, other, 5);
}

// A program of the first days: no extensions, no features, Vulkan 1.0.
void versionOne(Run& run) {
  const Instance instance(VK_API_VERSION_1_0);
  const Gpu gpu(instance, Gpu::Ask::Plain);
  workOn(run, gpu, 6);
}

// Nothing is ever submitted.
void unused(Run& run) {
  const Gpu gpu(run.gpu.instance());
  const Fence fence = makeFence(gpu);
  const CommandPool pool = makePool(gpu);
  const Chain chain(gpu);
  VkCommandBuffer commands = allocate(gpu, pool);
  begin(commands);
  chain.record(commands, 3, 3);
  end(commands);
  gpu.waitIdle();
  run.digest.add(1);
}

constexpr Case kCases[] = {
    {"device.two", Kind::Quick, two},
    {"device.again", Kind::Full, again},
    {"device.two_instances", Kind::Full, twoInstances},
    {"device.version_one", Kind::Full, versionOne},
    {"device.unused", Kind::Full, unused},
};

}  // namespace

Cases deviceCases() { return kCases; }

}  // namespace semantics
