// SPDX-License-Identifier: Apache-2.0
// Writes what fuzzing of the GGUF reader begins with: gguf_seeds FOLDER.
#include "fuzz/seeds.h"
#include "service/gguf/gguf_bytes.h"

#include <string>

namespace {

using lull::test::GgufBytes;

std::string everyType() {
  GgufBytes out;
  out.begin(1, 14, 2).fact("general.architecture", "llama");
  for (std::uint32_t type = 0; type <= 12; ++type) {
    const auto key = "llama.k" + std::to_string(type);
    if (type == 9) {
      out.array(key, 8, 2).text("a").text("b");
    } else if (type == 8) {
      out.fact(key, "text");
    } else {
      out.keyOf(key, type).zeros(type < 2 || type == 7 ? 1 : type < 4 ? 2 : type < 8 ? 4 : 8);
    }
  }
  return out.tensor("a", {8}, 0, 0).pad().zeros(32).bytes();
}

std::string everyWeight() {
  GgufBytes out;
  out.begin(40, 2).fact("general.architecture", "qwen3").fact("general.alignment", 64U);
  for (std::uint32_t type = 0; type < 40; ++type) out.tensor("blk.0." + std::to_string(type), {256, 2}, type, 0);
  return out.pad(64).zeros(4096).bytes();
}

std::string arrays() {
  GgufBytes out;
  out.begin(1, 5).fact("general.architecture", "deepseek2");
  out.array("deepseek2.attention.head_count_kv", 5, 3).put(1).put(2).put(3);
  out.array("tokenizer.ggml.tokens", 8, 3).text("<s>").text("</s>").text("a");
  out.array("tokenizer.ggml.scores", 6, 3).zeros(12);
  out.array("nested", 9, 2).put(4U).put(std::uint64_t{1}).put(7U).put(8U).put(std::uint64_t{1}).text("x");
  return out.tensor("output.weight", {32, 2}, 8, 0).pad().zeros(68).bytes();
}

}  // namespace

int main(int argc, char** argv) {
  return lull::test::writeSeeds(argc, argv, {lull::test::smallModel(), everyType(), everyWeight(), arrays()});
}
