// SPDX-License-Identifier: Apache-2.0
// The task of kernels/mix.comp and what it must give.
#pragma once

#include "fakes/test_worker.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace lull::fakes {

struct Mix {
  std::uint32_t width = 37;  // no multiple of the work group
  std::uint32_t height = 29;
  std::uint32_t turns = 3;
  std::uint64_t iterations = 1;
  std::uint32_t multiplier = 5;

  [[nodiscard]] std::string input() const {
    std::string bytes(std::size_t{width} * height * 4, '\0');
    for (std::uint32_t i = 0; i < width * height; ++i) {
      const std::uint32_t value = i * 2654435761U;
      std::memcpy(bytes.data() + std::size_t{i} * 4, &value, 4);
    }
    return bytes;
  }
  [[nodiscard]] v1::SpirvTask task(const TaskFolders& folders) const {
    v1::SpirvTask task;
    task.mutable_module()->set_sha256(folders.putBlob(kernelBytes("tests/kernels/spirv/mix.spv")));
    const std::uint32_t words[4] = {width, height, turns, 0};
    task.mutable_push_constants()->set_inline_(std::string(reinterpret_cast<const char*>(words), sizeof words));
    for (std::uint32_t binding : {0U, 1U}) {
      auto* buffer = task.add_buffers();
      buffer->set_binding(binding);
      buffer->set_size(std::uint64_t{width} * height * 4);
    }
    task.mutable_buffers(0)->mutable_input()->set_sha256(folders.putBlob(input()));
    task.mutable_buffers(0)->set_output("mixed");
    task.mutable_grid()->set_x((width + 15) / 16);
    task.mutable_grid()->set_y((height + 1) / 2);
    task.set_iterations(iterations);
    task.set_iteration_offset(12);
    auto* swap = task.add_swaps();
    swap->set_a(0);
    swap->set_b(1);
    auto* constant = task.add_spec_constants();
    constant->set_id(7);
    constant->set_u32(multiplier);
    return task;
  }
  [[nodiscard]] std::string result() const {
    std::vector<std::uint32_t> before(std::size_t{width} * height);
    const std::string bytes = input();
    std::memcpy(before.data(), bytes.data(), bytes.size());
    std::vector<std::uint32_t> after(before.size());
    std::uint32_t factor = 1;  // all turns at once: each is value * a + c, and so is their chain
    std::uint32_t addend = 0;
    for (std::uint32_t i = 0; i < turns; ++i) {
      factor *= 1664525U;
      addend = addend * 1664525U + 1013904223U;
    }
    for (std::uint64_t iteration = 0; iteration < iterations; ++iteration) {
      for (std::uint32_t y = 0; y < height; ++y) {
        for (std::uint32_t x = 0; x < width; ++x) {
          const std::uint32_t value = before[y * width + x] * factor + addend;
          const std::uint32_t right = before[y * width + (x + 1) % width];
          const std::uint32_t below = before[((y + 1) % height) * width + x];
          after[y * width + x] = value * multiplier + right + (below >> 3U) + static_cast<std::uint32_t>(iteration);
        }
      }
      before.swap(after);
    }
    return {reinterpret_cast<const char*>(before.data()), before.size() * 4};
  }
};

}  // namespace lull::fakes
