// SPDX-License-Identifier: Apache-2.0
// Copies, fills and updates of buffers, small and large, among dispatches.
#include "chain.h"
#include "suite.h"

namespace semantics {

namespace {

constexpr std::uint32_t kLarge = 6U << 20;  // words: 24 MiB

void smallOnes(Run& run) {
  const Buffer a(run.gpu, 256);
  const Buffer b(run.gpu, 256);
  for (std::uint32_t i = 0; i < 256; ++i) a[i] = i * 3;
  const std::array<VkBufferCopy, 3> regions{{{0, 64, 64}, {128, 512, 4}, {256, 256, 256}}};
  const std::array<std::uint32_t, 3> words{7, 8, 9};
  Recording commands(run.gpu);
  vkCmdFillBuffer(commands, b, 0, VK_WHOLE_SIZE, 0xabcd1234);
  barrier(commands);
  vkCmdCopyBuffer(commands, a, b, 3, regions.data());
  vkCmdUpdateBuffer(commands, b, 1000, sizeof words, words.data());
  vkCmdFillBuffer(commands, b, 16, 8, 5);
  commands.run();
  std::array<std::uint32_t, 256> wanted{};
  wanted.fill(0xabcd1234);
  for (const auto& region : regions) {
    for (std::uint32_t i = 0; i < region.size / 4; ++i) wanted[region.dstOffset / 4 + i] = a[region.srcOffset / 4 + i];
  }
  for (std::uint32_t i = 0; i < 3; ++i) wanted[250 + i] = words[i];
  wanted[4] = wanted[5] = 5;
  for (std::uint32_t i = 0; i < 256; ++i) same(b[i], wanted[i], "word " + std::to_string(i));
  run.digest.add(b.words());
}

void largeOnes(Run& run) {
  const Buffer a(run.gpu, kLarge);
  const Buffer b(run.gpu, kLarge);
  for (std::uint32_t i = 0; i < kLarge; i += 1021) a[i] = i;
  const VkBufferCopy all{0, 0, a.bytes()};
  const VkBufferCopy half{a.bytes() / 2 + 4, 12, a.bytes() / 2 - 64};
  Recording commands(run.gpu);
  vkCmdFillBuffer(commands, b, 0, VK_WHOLE_SIZE, 0x01020304);
  barrier(commands);
  vkCmdCopyBuffer(commands, a, b, 1, &all);
  barrier(commands);
  vkCmdCopyBuffer(commands, a, b, 1, &half);
  vkCmdFillBuffer(commands, b, half.dstOffset + half.size, a.bytes() - half.dstOffset - half.size, 99);
  commands.run();
  const std::uint32_t filled = static_cast<std::uint32_t>((half.dstOffset + half.size) / 4);
  for (std::uint32_t i = 0; i < kLarge; ++i) {
    const std::uint32_t wanted = i < 3 ? a[i] : i < filled ? a[kLarge / 2 + 1 + i - 3] : 99;
    if (b[i] != wanted) throw Failure{"word " + std::to_string(i) + " differs"};
  }
  run.digest.add(b.words().subspan(0, 4096));
}

void copy2(Run& run) {
  const Buffer a(run.gpu, 256);
  const Buffer b(run.gpu, 256);
  for (std::uint32_t i = 0; i < 256; ++i) a[i] = i + 9;
  const VkBufferCopy2 region{.sType = VK_STRUCTURE_TYPE_BUFFER_COPY_2, .srcOffset = 64, .dstOffset = 128, .size = 256};
  const VkCopyBufferInfo2 info{.sType = VK_STRUCTURE_TYPE_COPY_BUFFER_INFO_2,
                               .srcBuffer = a,
                               .dstBuffer = b,
                               .regionCount = 1,
                               .pRegions = &region};
  Recording commands(run.gpu);
  vkCmdCopyBuffer2(commands, &info);
  commands.run();
  for (std::uint32_t i = 0; i < 64; ++i) same(b[32 + i], a[16 + i], "word " + std::to_string(i));
  run.digest.add(b.words());
}

// The most that an update may hold.
void longUpdate(Run& run) {
  const Buffer b(run.gpu, 16384);
  std::vector<std::uint32_t> words(16384);
  for (std::uint32_t i = 0; i < words.size(); ++i) words[i] = i * i;
  Recording commands(run.gpu);
  vkCmdUpdateBuffer(commands, b, 0, 65536, words.data());
  std::fill(words.begin(), words.end(), 0U);  // the command took its own copy
  commands.run();
  for (std::uint32_t i = 0; i < 16384; ++i) same(b[i], i * i, "word " + std::to_string(i));
  run.digest.add(b.words());
}

// Work on a buffer, copied away, filled, copied back, worked on.
void amongDispatches(Run& run) {
  Chain chain(run.gpu);
  const Buffer aside(run.gpu, Chain::kCount);
  const VkBufferCopy all{0, 0, aside.bytes()};
  Recording commands(run.gpu);
  for (std::uint32_t i = 0; i < 10; ++i) {
    chain.record(commands, 2, i);
    vkCmdCopyBuffer(commands, chain.values(), aside, 1, &all);
    barrier(commands);
    vkCmdFillBuffer(commands, chain.values(), 0, VK_WHOLE_SIZE, 12345);
    barrier(commands);
    vkCmdCopyBuffer(commands, aside, chain.values(), 1, &all);
    barrier(commands);
    chain.expect(2, i);
  }
  commands.run();
  chain.verify(run);
}

constexpr Case kCases[] = {
    {"buffer_copy.small", Kind::Quick, smallOnes},
    {"buffer_copy.large", Kind::Full, largeOnes},
    {"buffer_copy.copy_2", Kind::Quick, copy2},
    {"buffer_copy.long_update", Kind::Quick, longUpdate},
    {"buffer_copy.among_dispatches", Kind::Quick, amongDispatches},
};

}  // namespace

Cases bufferCopyCases() { return kCases; }

}  // namespace semantics
