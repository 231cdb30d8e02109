// SPDX-License-Identifier: Apache-2.0
// Images: cleared, written by shaders, copied, scaled, read.
#include "commands.h"
#include "kernels.h"
#include "suite.h"

namespace semantics {

namespace {

constexpr VkExtent2D kSize{32, 16};
constexpr std::uint32_t kTexels = kSize.width * kSize.height;
constexpr VkImageUsageFlags kTransfer = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
constexpr auto kGeneral = VK_IMAGE_LAYOUT_GENERAL;

constexpr VkBufferImageCopy kWhole{.imageSubresource = Image::kLayer, .imageExtent = {kSize.width, kSize.height, 1}};

void clear(VkCommandBuffer commands, VkImage image, float red, float green) {
  const VkClearColorValue color{.float32 = {red, green, 0.0F, 1.0F}};
  imageBarrier(commands, image, VK_IMAGE_LAYOUT_UNDEFINED, kGeneral);
  vkCmdClearColorImage(commands, image, kGeneral, &color, 1, &Image::kAll);
  imageBarrier(commands, image, kGeneral, kGeneral);
}

void read(VkCommandBuffer commands, VkImage image, const Buffer& into) {
  imageBarrier(commands, image, kGeneral, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
  vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, into, 1, &kWhole);
}

void cleared(Run& run) {
  const Image image(run.gpu, kSize, kTransfer);
  const Buffer out(run.gpu, kTexels);
  Recording commands(run.gpu);
  clear(commands, image, 1.0F, 0.2F);
  read(commands, image, out);
  commands.run();
  for (const std::uint32_t texel : out.words()) same(texel, 0xff0033ff, "a texel");
  run.digest.add(out.words());
}

void copied(Run& run) {
  const Image from(run.gpu, kSize, kTransfer);
  const Image to(run.gpu, kSize, kTransfer);
  const Buffer in(run.gpu, kTexels);
  const Buffer out(run.gpu, kTexels);
  for (std::uint32_t i = 0; i < kTexels; ++i) in[i] = i * 0x01030507U;
  Recording commands(run.gpu);
  imageBarrier(commands, from, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
  vkCmdCopyBufferToImage(commands, in, from, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &kWhole);
  imageBarrier(commands, from, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
  clear(commands, to, 0.0F, 0.0F);
  const VkImageCopy part{.srcSubresource = Image::kLayer,
                         .srcOffset = {8, 4, 0},
                         .dstSubresource = Image::kLayer,
                         .dstOffset = {2, 3, 0},
                         .extent = {16, 8, 1}};
  vkCmdCopyImage(commands, from, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, to, kGeneral, 1, &part);
  imageBarrier(commands, to, kGeneral, kGeneral);
  read(commands, to, out);
  commands.run();
  for (std::uint32_t i = 0; i < kTexels; ++i) {
    const std::uint32_t x = i % kSize.width - 2;
    const std::uint32_t y = i / kSize.width - 3;
    const bool inside = x < 16 && y < 8;
    same(out[i], inside ? in[(y + 4) * kSize.width + x + 8] : 0xff000000, "texel " + std::to_string(i));
  }
  run.digest.add(out.words());
}

void scaled(Run& run) {
  const Image from(run.gpu, kSize, kTransfer);
  const Image to(run.gpu, {kSize.width * 2, kSize.height * 2}, kTransfer);
  const Buffer in(run.gpu, kTexels);
  const Buffer out(run.gpu, kTexels * 4);
  for (std::uint32_t i = 0; i < kTexels; ++i) in[i] = i * 0x00010203U + 7;
  Recording commands(run.gpu);
  imageBarrier(commands, from, VK_IMAGE_LAYOUT_UNDEFINED, kGeneral);
  vkCmdCopyBufferToImage(commands, in, from, kGeneral, 1, &kWhole);
  imageBarrier(commands, from, kGeneral, kGeneral);
  imageBarrier(commands, to, VK_IMAGE_LAYOUT_UNDEFINED, kGeneral);
  const VkImageBlit doubled{.srcSubresource = Image::kLayer,
                            .srcOffsets = {{0, 0, 0}, {kSize.width, kSize.height, 1}},
                            .dstSubresource = Image::kLayer,
                            .dstOffsets = {{0, 0, 0}, {kSize.width * 2, kSize.height * 2, 1}}};
  vkCmdBlitImage(commands, from, kGeneral, to, kGeneral, 1, &doubled, VK_FILTER_NEAREST);
  imageBarrier(commands, to, kGeneral, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
  const VkBufferImageCopy all{.imageSubresource = Image::kLayer, .imageExtent = {kSize.width * 2, kSize.height * 2, 1}};
  vkCmdCopyImageToBuffer(commands, to, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, out, 1, &all);
  commands.run();
  for (std::uint32_t i = 0; i < kTexels * 4; ++i) {
    const std::uint32_t x = i % (kSize.width * 2) / 2;
    const std::uint32_t y = i / (kSize.width * 2) / 2;
    same(out[i], in[y * kSize.width + x], "texel " + std::to_string(i));
  }
  run.digest.add(out.words());
}

// A shader writes an image, twice; layouts change in between.
void written(Run& run) {
  const Gpu& gpu = run.gpu;
  const SetLayout setLayout = makeSetLayout(gpu, 1, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE);
  const PipelineLayout layout = makeLayout(gpu, std::span(setLayout.address(), 1));
  const Pipeline pipeline = makePipeline(gpu, layout, kernels::kImage);
  const Image image(gpu, kSize, kTransfer | VK_IMAGE_USAGE_STORAGE_BIT);
  const DescriptorSet set(gpu, setLayout, std::array{VkDescriptorPoolSize{VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 1}});
  const VkDescriptorImageInfo info{.imageView = image.view(), .imageLayout = kGeneral};
  const VkWriteDescriptorSet write{.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                   .dstSet = set,
                                   .descriptorCount = 1,
                                   .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
                                   .pImageInfo = &info};
  vkUpdateDescriptorSets(gpu.device(), 1, &write, 0, nullptr);
  const Buffer out(gpu, kTexels);
  Recording commands(gpu);
  clear(commands, image, 1.0F, 0.0F);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, set.address(), 0, nullptr);
  for (int i = 0; i < 2; ++i) {
    vkCmdDispatch(commands, kSize.width / 8, kSize.height / 8, 1);
    imageBarrier(commands, image, kGeneral, kGeneral);
  }
  read(commands, image, out);
  commands.run();
  for (std::uint32_t i = 0; i < kTexels; ++i) {
    const std::uint32_t x = i % kSize.width;
    const std::uint32_t y = i / kSize.width;
    same(out[i], x | (y << 8) | (x << 16) | 0xff000000, "texel " + std::to_string(i));
  }
  run.digest.add(out.words());
}

constexpr Case kCases[] = {
    {"image.cleared", Kind::Quick, cleared},
    {"image.copied", Kind::Quick, copied},
    {"image.scaled", Kind::Quick, scaled},
    {"image.written", Kind::Quick, written},
};

}  // namespace

Cases imageCases() { return kCases; }

}  // namespace semantics
