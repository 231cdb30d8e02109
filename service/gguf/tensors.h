// SPDX-License-Identifier: Apache-2.0
// The list of tensors of a GGUF file, held against the bytes that are there.
#pragma once

#include "gguf/input.h"
#include "gguf/types.h"

#include <array>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace lull::gguf {

struct Tensor {
  std::string name;
  std::uint32_t type = 0;
  std::uint64_t row = 0;
  std::uint64_t weights = 1;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;  // in the data, which follows the header
  std::uint64_t typeAt = 0;  // in the file: its type, then its offset
};

class Tensors {
public:
  // Tensors must lie one behind the other, as llama.cpp wants them: so none can overlap. What is wrong stays with the
  // input.
  void read(Input& in, std::uint64_t count, std::uint64_t alignment);

  [[nodiscard]] const std::vector<Tensor>& all() const { return m_all; }
  [[nodiscard]] std::uint64_t bytes() const { return m_bytes; }
  [[nodiscard]] std::uint64_t layerBytes() const { return m_layerBytes; }  // of those that repeat: "blk.…"
  [[nodiscard]] std::uint64_t weights() const { return m_weights; }
  [[nodiscard]] std::string mostlyType() const;  // how most weights are stored

private:
  [[nodiscard]] Tensor readOne(Input& in);
  void add(Input& in, Tensor tensor, std::uint64_t alignment);

  std::vector<Tensor> m_all;
  std::unordered_set<std::string> m_names;
  std::array<std::uint64_t, kTensorTypes> m_weightsOf{};
  std::uint64_t m_bytes = 0;
  std::uint64_t m_layerBytes = 0;
  std::uint64_t m_weights = 0;
  std::uint64_t m_next = 0;  // where the next tensor must begin
  std::uint64_t m_end = 0;   // of the last one, without its padding
};

}  // namespace lull::gguf
