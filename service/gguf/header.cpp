// SPDX-License-Identifier: Apache-2.0
#include "gguf/header.h"

#include "base/file.h"
#include "base/utf8.h"
#include "gguf/facts.h"
#include "gguf/preamble.h"
#include "gguf/tensors.h"
#include "gguf/types.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace lull::gguf {

namespace {

constexpr std::size_t kLongestArchitecture = 64;

// For people, on one line.
std::string plain(const std::string& text) {
  auto out = validUtf8(text);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return std::string(cutUtf8(out, 256));
}

bool isArchitecture(const std::string& text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= kLongestArchitecture && std::ranges::all_of(text, fits);
}

// A number of the architecture's own, within what models can be.
class Shape {
public:
  Shape(Input& in, const Facts& facts, const std::string& architecture)
      : m_in(in), m_facts(facts), m_prefix(architecture + ".") {}

  [[nodiscard]] std::uint64_t number(const std::string& key, std::uint64_t most) const {
    const auto array = m_facts.array(m_prefix + key);
    const auto value = array ? array->most : m_facts.number(m_prefix + key).value_or(0);
    if (value > most) m_in.fail(fmt::format("{}{} is {}: that is beyond any model", m_prefix, key, value));
    return value;
  }
  [[nodiscard]] std::optional<std::uint64_t> sum(const std::string& key) const {
    const auto array = m_facts.array(m_prefix + key);
    return array ? std::optional(array->sum) : std::nullopt;
  }

private:
  Input& m_in;
  const Facts& m_facts;
  std::string m_prefix;
};

void describeShape(const Shape& shape, Header& out) {
  out.contextLength = shape.number("context_length", 1ULL << 31U);
  out.layers = shape.number("block_count", 4096);
  out.embedding = shape.number("embedding_length", 1 << 24U);
  out.heads = shape.number("attention.head_count", 1 << 16U);
  out.keyHeads = shape.number("attention.head_count_kv", 1 << 16U);
  out.keyLength = shape.number("attention.key_length", 1 << 20U);
  out.valueLength = shape.number("attention.value_length", 1 << 20U);
  out.experts = shape.number("expert_count", 1 << 16U);
  if (out.keyHeads == 0) out.keyHeads = out.heads;
  const auto width = out.heads == 0 ? 0 : out.embedding / out.heads;
  if (out.keyLength == 0) out.keyLength = width;
  if (out.valueLength == 0) out.valueLength = width;
  out.keyHeadsInAll =
      std::min(shape.sum("attention.head_count_kv").value_or(out.layers * out.keyHeads), out.layers * out.keyHeads);
}

void describe(Input& in, const Facts& facts, Header& out) {
  out.architecture = facts.text("general.architecture");
  if (!isArchitecture(out.architecture)) return in.fail("it does not say which architecture it has");
  if (const auto parts = facts.number("split.count").value_or(1); parts > 1) {
    return in.fail(fmt::format(
        "it is one of {} parts of a model: join them first (llama-gguf-split --merge FIRST-PART WHOLE.gguf)", parts));
  }
  out.kind = plain(facts.text("general.type"));
  out.name = plain(facts.text("general.name"));
  const auto licenceName = facts.text("general.license.name");
  out.licence = plain(licenceName.empty() ? facts.text("general.license") : licenceName);
  if (const auto number = facts.number("general.file_type")) out.fileType = fileTypeName(*number);
  if (const auto words = facts.array("tokenizer.ggml.tokens")) out.vocabulary = words->count;
  out.pools = facts.number(out.architecture + ".pooling_type").value_or(0) != 0;  // 0: none
  out.hasTemplate = facts.hasText("tokenizer.chat_template");
  out.chatTemplate = validUtf8(facts.text("tokenizer.chat_template"));
  out.chatTemplate = cutUtf8(out.chatTemplate, kLongestTemplate);
  describeShape(Shape(in, facts, out.architecture), out);
}

}  // namespace

Result<Header> readHeader(Source source) {
  const auto in = std::make_unique<Input>(std::move(source));  // its buffer is too large for a stack
  const auto preamble = readPreamble(*in);
  Header out{.version = preamble.version, .tensors = preamble.tensors};
  Facts facts;
  if (!in->failed()) facts.read(*in, preamble.pairs);
  if (!in->failed()) describe(*in, facts, out);
  Tensors tensors;
  const auto alignment = in->failed() ? kUsualAlignment : alignmentOf(*in, facts);
  if (preamble.tensors == 0) in->fail("there are no weights in it");
  if (!in->failed()) tensors.read(*in, preamble.tensors, alignment);
  if (in->failed()) return in->error().during("this is not a usable GGUF file");
  out.parameters = tensors.weights();
  out.tensorBytes = tensors.bytes();
  out.layerBytes = tensors.layerBytes();
  out.quantisation = tensors.mostlyType();
  return out;
}

Result<Header> readHeader(const std::filesystem::path& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return fromErrno("open", file.native());
  auto source = fromFile(fd.get(), file.filename().native());
  if (!source) return source.error();
  return readHeader(*std::move(source));
}

}  // namespace lull::gguf
