// SPDX-License-Identifier: Apache-2.0
#include "gguf/layout.h"

#include "gguf/preamble.h"

#include <memory>

namespace lull::gguf {

namespace {

constexpr std::uint64_t kLongestWord = 64 * 1024;
constexpr std::uint64_t kMostWords = 4 << 20U;

std::vector<std::int32_t> readTypes(const Source& source, const Facts& facts, std::size_t words) {
  const auto types = facts.array("tokenizer.ggml.token_type");
  if (!types || types->count != words || types->type != ValueType::I32) return {};
  const auto in = std::make_unique<Input>(source);
  in->skip(types->at);
  std::vector<std::int32_t> out(words);
  for (auto& type : out) type = in->number<std::int32_t>();
  return out;
}

void readWords(Input& in, const Facts& facts, Layout& out) {
  const auto words = facts.array("tokenizer.ggml.tokens");
  if (!words || words->type != ValueType::Text) return in.fail("there is no vocabulary in it");
  if (words->count > kMostWords) return in.fail("its vocabulary is larger than any");
  in.skip(words->at);
  for (std::uint64_t i = 0; i < words->count && !in.failed(); ++i)
    out.words.push_back(in.text(kLongestWord, kLongestWord));
}

// Each word lies behind its length.
void findControls(const Facts& facts, const std::vector<std::int32_t>& types, Layout& out) {
  std::uint64_t at = facts.array("tokenizer.ggml.tokens")->at;
  for (std::size_t i = 0; i < out.words.size(); ++i) {
    at += sizeof(std::uint64_t);
    if (i < types.size() && types[i] == kControlWord) {
      const auto typeAt = facts.array("tokenizer.ggml.token_type")->at + i * sizeof(std::int32_t);
      out.controls.push_back({.text = out.words[i], .textAt = at, .typeAt = typeAt});
    }
    at += out.words[i].size();
  }
}

}  // namespace

Result<Layout> readLayout(const Source& source) {
  const auto in = std::make_unique<Input>(source);
  const auto preamble = readPreamble(*in);
  Layout out;
  Facts facts;
  Tensors tensors;
  if (!in->failed()) facts.read(*in, preamble.pairs);
  if (!in->failed()) out.alignment = alignmentOf(*in, facts);
  if (!in->failed()) tensors.read(*in, preamble.tensors, out.alignment);
  if (in->failed()) return in->error().during("this is not a usable GGUF file");
  out.tensors = tensors.all();
  out.dataAt = (in->position() + out.alignment - 1) / out.alignment * out.alignment;
  const auto words = std::make_unique<Input>(source);
  readWords(*words, facts, out);
  if (words->failed()) return words->error().during("this is not a usable GGUF file");
  findControls(facts, readTypes(source, facts, out.words.size()), out);
  return out;
}

}  // namespace lull::gguf
