// SPDX-License-Identifier: Apache-2.0
// Writes what fuzzing of the layout begins with: layout_seeds FOLDER.
#include "fuzz/seeds.h"
#include "service/gguf/gguf_bytes.h"

#include <cstdint>
#include <string>
#include <vector>

namespace {

using lull::test::GgufBytes;

struct Word {
  std::string text;
  std::int32_t type = 1;  // 3: shapes a conversation
};

// A model of one tensor with these words; `facts` beside the architecture and the two of the vocabulary.
GgufBytes vocabulary(const std::vector<Word>& words, std::uint64_t tensors, std::uint64_t facts = 0) {
  GgufBytes out;
  out.begin(tensors, 3 + facts).fact("general.architecture", "llama");
  out.array("tokenizer.ggml.tokens", 8, words.size());
  for (const auto& word : words) out.text(word.text);
  out.array("tokenizer.ggml.token_type", 5, words.size());
  for (const auto& word : words) out.put(word.type);
  return out;
}

const std::vector<Word> kChat{{"<|im_start|>", 3}, {"<|im_end|>", 3}, {"<|im_Start|>"}, {"a"}, {"42", 3}, {"", 3}};

std::string tensors() {
  return vocabulary(kChat, 3)
      .tensor("token_embd.weight", {8, 2}, 1, 0)
      .tensor("blk.0.attn_q.weight", {8}, 30, 32)
      .tensor("output_norm.weight", {9}, 0, 64)
      .pad()
      .zeros(100)
      .bytes();
}

std::string widely() {
  auto out = vocabulary({{"A", 3}, {"b", 3}, {"\xc3\xa9", 3}}, 1, 1);
  return out.fact("general.alignment", 256U).tensor("a", {32}, 8, 0).pad(256).zeros(34).bytes();
}

std::string withoutTypes() {
  GgufBytes out;
  out.begin(1, 2).fact("general.architecture", "gpt2");
  out.array("tokenizer.ggml.tokens", 8, 2).text("x").text("<s>");
  return out.tensor("a", {8}, 0, 0).pad().zeros(32).bytes();
}

}  // namespace

int main(int argc, char** argv) {
  return lull::test::writeSeeds(argc, argv, {tensors(), widely(), withoutTypes(), lull::test::smallModel()});
}
