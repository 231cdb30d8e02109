// SPDX-License-Identifier: Apache-2.0
// What a GGUF file says of itself. The file is nobody's friend: every count, length, product and offset is held
// against a bound and against the bytes that are there, and nothing of it is mapped or kept but what is told here.
#pragma once

#include "gguf/input.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace lull::gguf {

struct Header {
  std::uint32_t version = 0;
  std::string kind;          // "model", "adapter", …: general.type; empty: not told, a model
  std::string architecture;  // "qwen2"
  std::string name;
  std::string licence;
  std::string quantisation;  // how most weights are stored: "Q4_K"
  std::string fileType;      // the recipe, where it is told: "Q4_K_M"
  std::uint64_t parameters = 0;
  std::uint64_t tensors = 0;
  std::uint64_t tensorBytes = 0;
  std::uint64_t layerBytes = 0;  // of tensorBytes: in layers
  std::uint64_t contextLength = 0;
  std::uint64_t layers = 0;
  std::uint64_t embedding = 0;
  std::uint64_t heads = 0;
  std::uint64_t keyHeads = 0;  // of a layer, or of the largest one
  std::uint64_t keyHeadsInAll = 0;
  std::uint64_t keyLength = 0;
  std::uint64_t valueLength = 0;
  std::uint64_t experts = 0;
  std::uint64_t vocabulary = 0;
  bool pools = false;  // it says how an embedding is made of those of all tokens
  bool hasTemplate = false;
  std::string chatTemplate;  // its first 64 KiB
};

// Invalid with what is wrong and where. Reads the beginning of the file only, whatever its size.
[[nodiscard]] Result<Header> readHeader(Source source);
[[nodiscard]] Result<Header> readHeader(const std::filesystem::path& file);

}  // namespace lull::gguf
