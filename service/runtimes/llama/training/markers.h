// SPDX-License-Identifier: Apache-2.0
// The words of a vocabulary that shape a conversation ("<|im_start|>"). llama-finetune knows none of them in a text,
// only words that are marked as a user's own; and llama.cpp makes those whose names it knows ("<|im_end|>") such
// markers again whatever the file says. So in the copy of the model that is trained, and in the text that it is trained
// with, they are a user's own and have other names, as long as theirs.
#pragma once

#include "gguf/layout.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace lull::runtimes::llama::training {

class Markers {
public:
  Markers() = default;  // none: for text that has no markers
  explicit Markers(const gguf::Layout& layout);

  struct Marker {
    gguf::Word word;
    std::string renamed;
  };
  [[nodiscard]] const std::vector<Marker>& all() const { return m_all; }
  // In place: no byte moves.
  void rename(std::string& text) const;

private:
  std::vector<Marker> m_all;  // the longest first
  std::array<bool, 256> m_begins{};
};

}  // namespace lull::runtimes::llama::training
