// SPDX-License-Identifier: Apache-2.0
// What a training writes into a copy of a model's header, for files of anything: each place must be what it is taken
// for, so that nothing else is written over.
#include "gguf/layout.h"
#include "gguf/header.h"
#include "runtimes/llama/training/markers.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string_view>

using namespace lull::gguf;
using lull::runtimes::llama::training::Markers;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

// The number that lies there, in the header.
template <typename T>
T numberAt(std::string_view head, std::uint64_t at) {
  must(at <= head.size() && sizeof(T) <= head.size() - at);
  T value{};
  std::memcpy(&value, head.data() + at, sizeof value);
  return value;
}

void check(std::string_view head, std::uint64_t dataBytes, const std::vector<Tensor>& tensors) {
  std::uint64_t next = 0;
  for (const auto& tensor : tensors) {
    must(numberAt<std::uint32_t>(head, tensor.typeAt) == tensor.type && tensorType(tensor.type).has_value());
    must(numberAt<std::uint64_t>(head, tensor.typeAt + sizeof tensor.type) == tensor.offset);
    must(tensor.offset >= next && tensor.offset <= dataBytes && tensor.bytes <= dataBytes - tensor.offset);
    must(!tensor.name.empty() && tensor.weights > 0 && tensor.bytes > 0);
    next = tensor.offset + tensor.bytes;
  }
}

void check(std::string_view head, const std::vector<Word>& controls) {
  for (const auto& word : controls) {
    must(word.textAt >= sizeof(std::uint64_t) && word.textAt <= head.size());
    must(numberAt<std::uint64_t>(head, word.textAt - sizeof(std::uint64_t)) == word.text.size());
    must(head.substr(word.textAt, word.text.size()) == word.text);
    must(numberAt<std::int32_t>(head, word.typeAt) == kControlWord);
  }
}

// Other names, as long as theirs, that no word of the vocabulary has.
void check(const Markers& markers, const Layout& layout) {
  std::set<std::string> taken(layout.words.begin(), layout.words.end());
  for (const auto& marker : markers.all()) {
    must(marker.renamed.size() == marker.word.text.size() && taken.insert(marker.renamed).second);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto source = fromMemory(bytes);
  const auto layout = readLayout(source);
  if (!layout) {
    must(!layout.error().text().empty());
    return 0;
  }
  must(layout->dataAt <= size && layout->alignment > 0 && layout->dataAt % layout->alignment == 0);
  const auto head = bytes.substr(0, layout->dataAt);
  check(head, size - layout->dataAt, layout->tensors);
  check(head, layout->controls);
  const Markers markers(*layout);
  check(markers, *layout);
  std::string text(bytes);
  markers.rename(text);
  must(text.size() == size);
  // As strict as the reader that all models come past: it may say less of a file, not other things.
  if (const auto header = readHeader(source)) {
    must(header->tensors == layout->tensors.size() && header->vocabulary == layout->words.size());
  }
  return 0;
}
