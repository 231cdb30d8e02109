// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/markers.h"

#include <algorithm>
#include <unordered_set>

namespace lull::runtimes::llama::training {

namespace {

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Differs from it in one letter. Empty: there is no such name that is free.
std::string otherName(const std::string& name, const std::unordered_set<std::string>& taken) {
  for (std::size_t i = name.size(); i-- > 0;) {
    if (!isLetter(name[i])) continue;
    auto other = name;
    for (char c = 'A'; c <= 'z'; ++c) {
      other[i] = c;
      if (isLetter(c) && !taken.contains(other)) return other;
    }
  }
  return {};
}

}  // namespace

Markers::Markers(const gguf::Layout& layout) {
  std::unordered_set<std::string> taken(layout.words.begin(), layout.words.end());
  for (const auto& word : layout.controls) {
    auto other = otherName(word.text, taken);
    if (other.empty()) continue;  // without a letter: no name that llama.cpp knows
    taken.insert(other);
    m_begins[static_cast<unsigned char>(word.text.front())] = true;
    m_all.push_back({word, std::move(other)});
  }
  std::ranges::stable_sort(m_all, std::ranges::greater(), [](const Marker& m) { return m.word.text.size(); });
}

void Markers::rename(std::string& text) const {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!m_begins[static_cast<unsigned char>(text[at])]) continue;
    const auto found = std::ranges::find_if(
        m_all, [&](const Marker& m) { return text.compare(at, m.word.text.size(), m.word.text) == 0; });
    if (found == m_all.end()) continue;
    text.replace(at, found->renamed.size(), found->renamed);
    at += found->renamed.size() - 1;
  }
}

}  // namespace lull::runtimes::llama::training
