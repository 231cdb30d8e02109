// SPDX-License-Identifier: Apache-2.0
// Where things lie in a GGUF file, for a program that writes another one like it. As strict as readHeader().
#pragma once

#include "gguf/input.h"
#include "gguf/tensors.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lull::gguf {

inline constexpr std::int32_t kControlWord = 3;  // shapes a conversation; is not part of any text
inline constexpr std::int32_t kUserWord = 4;     // part of texts, one token wherever it stands

// A word of the vocabulary.
struct Word {
  std::string text;
  std::uint64_t textAt = 0;  // of its bytes in the file
  std::uint64_t typeAt = 0;  // an int32
};

struct Layout {
  std::uint64_t alignment = 0;
  std::uint64_t dataAt = 0;  // where the header, with its padding, ends
  std::vector<Tensor> tensors;
  std::vector<Word> controls;      // words of kControlWord
  std::vector<std::string> words;  // the whole vocabulary
};

[[nodiscard]] Result<Layout> readLayout(const Source& source);

}  // namespace lull::gguf
