// SPDX-License-Identifier: Apache-2.0
// A small Vulkan program that knows nothing of Lull, led by lines: it records long command buffers and tells what they
// computed.
#include "service/governor/semantics/commands.h"
#include "service/governor/words.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace semantics;

namespace {

constexpr std::uint32_t kGroups = 4096;
constexpr std::uint32_t kWords = kGroups * 64;  // of each buffer
constexpr VkDeviceSize kBytes = kWords * sizeof(std::uint32_t);

// Of the layer tests/fakes/strange_command: no registry names it.
using FillStrangely = void(VKAPI_PTR*)(VkCommandBuffer, VkBuffer, std::uint32_t, std::uint64_t, float, double,
                                       std::uint32_t, std::uint32_t, std::uint32_t, std::uint64_t, float);

// Two sets of one buffer each.
struct Host {
  explicit Host(const char* kernel);

  Instance instance;
  Gpu gpu;
  Buffer data;
  Buffer other;
  SetLayout setLayout;
  PipelineLayout layout;
  Pipeline pipeline;
  DescriptorSet first;
  DescriptorSet second;
  VkDescriptorSet sets[2];
  CommandPool pool;
  VkCommandBuffer commands;
};

Host::Host(const char* kernel)
    : gpu(instance, Gpu::Ask::Plain),
      data(gpu, kWords),
      other(gpu, kWords),
      setLayout(makeSetLayout(gpu, 1)),
      layout(makeLayout(gpu, std::array<VkDescriptorSetLayout, 2>{setLayout, setLayout}, 16)),
      pipeline(makePipeline(gpu, layout, wordsIn(kernel))),
      first(gpu, setLayout, {data}),
      second(gpu, setLayout, {other}),
      sets{first, second},
      pool(makePool(gpu, VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT)),
      commands(allocate(gpu, pool)) {
  for (std::uint32_t i = 0; i < kWords; ++i) data[i] = i;
  for (std::uint32_t i = 0; i < kWords; ++i) other[i] = i * 7919U;
}

void bindAll(Host& h) {
  vkCmdBindPipeline(h.commands, VK_PIPELINE_BIND_POINT_COMPUTE, h.pipeline);
  vkCmdBindDescriptorSets(h.commands, VK_PIPELINE_BIND_POINT_COMPUTE, h.layout, 0, 2, h.sets, 0, nullptr);
  push(h.commands, h.layout, std::array<std::uint32_t, 4>{});
}

void beginBound(Host& h) {
  begin(h.commands);
  bindAll(h);
}

// Only some of the push constants each time: the others stay.
void dispatch(Host& h, std::uint32_t step, std::uint32_t groups) {
  const std::uint32_t value = step * 2246822519U + 3;
  push(h.commands, h.layout, value, step % 4 * 4);
  vkCmdDispatch(h.commands, groups, 1, 1);
  barrier(h.commands);
}

std::string finish(Host& h, int times) {
  end(h.commands);
  for (int i = 0; i < times; ++i) submitAndWait(h.gpu, h.commands);
  Digest digest;
  digest.add(h.data.words());
  return digest.text();
}

std::string chain(Host& h, std::uint32_t steps) {
  beginBound(h);
  for (std::uint32_t step = 0; step < steps; ++step) dispatch(h, step, step % 5 == 4 ? kGroups : 64);
  return finish(h, 3);
}

std::string copies(Host& h) {
  beginBound(h);
  dispatch(h, 1, kGroups);
  const VkBufferCopy regions[] = {{0, 0, kBytes / 2 - 12}, {kBytes / 2, kBytes / 2 + 64, kBytes / 2 - 64}};
  vkCmdCopyBuffer(h.commands, h.other, h.data, 2, regions);
  barrier(h.commands);
  vkCmdFillBuffer(h.commands, h.data, 400'000, 500'000, 0x1234567U);
  barrier(h.commands);
  dispatch(h, 2, kGroups);
  return finish(h, 1);
}

// A command that no registry names, in the midst of others: it must go where they go, with all its arguments.
std::string strange(Host& h) {
  const auto fill = reinterpret_cast<FillStrangely>(vkGetDeviceProcAddr(h.gpu.device(), "vkCmdFillStrangelyLULL"));
  if (fill == nullptr) return "absent";
  beginBound(h);
  dispatch(h, 0, kGroups);
  dispatch(h, 1, kGroups);
  fill(h.commands, h.data, 11, 0x1234567890ULL, 1.5F, 2.25, 12, 13, 14, 0xabcdef0123ULL, 3.75F);
  barrier(h.commands);
  dispatch(h, 2, kGroups);
  dispatch(h, 3, kGroups);
  return finish(h, 1);
}

VkCommandBuffer secondary(Host& h, std::uint32_t dispatches, std::uint32_t groups) {
  VkCommandBuffer made = allocate(h.gpu, h.pool, VK_COMMAND_BUFFER_LEVEL_SECONDARY);
  beginSecondary(made);
  const VkCommandBuffer primary = std::exchange(h.commands, made);
  bindAll(h);
  for (std::uint32_t i = 0; i < dispatches; ++i) dispatch(h, 0, groups);
  end(made);
  h.commands = primary;
  return made;
}

// A long secondary buffer and a short one in one call.
std::string together(Host& h, std::uint32_t times) {
  const VkCommandBuffer both[] = {secondary(h, 40, kGroups), secondary(h, 1, 64)};
  std::string text;
  for (std::uint32_t i = 0; i < times; ++i) {
    beginBound(h);
    vkCmdExecuteCommands(h.commands, 2, both);
    text = finish(h, 1);
  }
  vkFreeCommandBuffers(h.gpu.device(), h.pool, 2, both);
  return text;
}

// What the long one of them did.
std::string alone(Host& h) {
  beginBound(h);
  for (std::uint32_t i = 0; i < 40; ++i) dispatch(h, 0, kGroups);
  return finish(h, 1);
}

// A render pass in which nothing is drawn.
std::string pass(Host& h) {
  const VkSubpassDescription subpass{};
  VkRenderPassCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO;
  info.subpassCount = 1;
  info.pSubpasses = &subpass;
  VkRenderPass made{};
  require(vkCreateRenderPass(h.gpu.device(), &info, nullptr, &made), "vkCreateRenderPass");
  const Owned<VkRenderPass, vkDestroyRenderPass> owned(h.gpu.device(), made);
  VkFramebufferCreateInfo frame{};
  frame.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO;
  frame.renderPass = made;
  frame.width = frame.height = 16;
  frame.layers = 1;
  VkFramebuffer framebuffer{};
  require(vkCreateFramebuffer(h.gpu.device(), &frame, nullptr, &framebuffer), "vkCreateFramebuffer");
  const Owned<VkFramebuffer, vkDestroyFramebuffer> ownedToo(h.gpu.device(), framebuffer);
  beginBound(h);
  VkRenderPassBeginInfo start{};
  start.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO;
  start.renderPass = made;
  start.framebuffer = framebuffer;
  start.renderArea = {{0, 0}, {16, 16}};
  vkCmdBeginRenderPass(h.commands, &start, VK_SUBPASS_CONTENTS_INLINE);
  vkCmdEndRenderPass(h.commands);
  return finish(h, 1);
}

// Nanoseconds for one call of each kind, recorded many times over and never submitted.
template <typename Call>
std::string nanoseconds(Host& h, std::uint32_t calls, const Call& call) {
  using Clock = std::chrono::steady_clock;
  std::uint64_t best = UINT64_MAX;
  for (int round = 0; round < 7; ++round) {
    beginBound(h);
    const auto from = Clock::now();
    for (std::uint32_t i = 0; i < calls; ++i) call(i);
    const auto spent = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - from).count();
    best = std::min(best, static_cast<std::uint64_t>(spent));
    end(h.commands);
  }
  return " " + std::to_string(static_cast<double>(best) / calls);
}

std::string speed(Host& h, std::uint32_t calls) {
  const VkMemoryBarrier all{VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, 0, 0};
  std::string text = "push" + nanoseconds(h, calls, [&](std::uint32_t i) { push(h.commands, h.layout, i); });
  text += " bind" + nanoseconds(h, calls, [&](std::uint32_t) {
            vkCmdBindPipeline(h.commands, VK_PIPELINE_BIND_POINT_COMPUTE, h.pipeline);
          });
  text += " sets" + nanoseconds(h, calls, [&](std::uint32_t) {
            vkCmdBindDescriptorSets(h.commands, VK_PIPELINE_BIND_POINT_COMPUTE, h.layout, 0, 2, h.sets, 0, nullptr);
          });
  text += " barrier" + nanoseconds(h, calls, [&](std::uint32_t) {
            vkCmdPipelineBarrier(h.commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0,
                                 1, &all, 0, nullptr, 0, nullptr);
          });
  text += " dispatch" + nanoseconds(h, calls, [&](std::uint32_t) { vkCmdDispatch(h.commands, 1, 1, 1); });
  return text;
}

std::string obey(std::unique_ptr<Host>& h, const std::string& verb, std::uint32_t number, const char* kernel) {
  if (verb == "start") {
    h = std::make_unique<Host>(kernel);
    return "ok";
  }
  if (h == nullptr) return "not started";
  if (verb == "chain") return chain(*h, number);
  if (verb == "copies") return copies(*h);
  if (verb == "strange") return strange(*h);
  if (verb == "together") return together(*h, number);
  if (verb == "alone") return alone(*h);
  if (verb == "pass") return pass(*h);
  if (verb == "speed") return speed(*h, number);
  return "no such verb";
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  std::unique_ptr<Host> host;
  try {
    for (std::string line; std::getline(std::cin, line);) {
      std::istringstream words(line);
      std::string verb;
      std::uint32_t number = 0;
      words >> verb >> number;
      std::cout << obey(host, verb, number, arguments[1]) << std::endl;
    }
  } catch (const Failure& failure) {
    std::cout << "error " << failure.what << std::endl;
    std::_Exit(3);
  }
  static_cast<void>(host.release());  // left behind, as many programs do
  return 0;
}
