// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/corpus.h"

#include "runtimes/llama/training/corpus_maker.h"
#include "runtimes/worker/stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace lull::runtimes::llama::training {

namespace {

constexpr std::size_t kMark = 1024;
constexpr std::size_t kLongestIndex = std::size_t{4} << 30U;

constexpr std::size_t kLongestCharacter = 4;

// Where the character begins that is at `at`.
std::size_t characterAt(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

template <typename T>
bool take(std::string_view& bytes, std::vector<T>& out) {
  std::uint64_t count = 0;
  if (bytes.size() < sizeof count) return false;
  std::memcpy(&count, bytes.data(), sizeof count);
  bytes.remove_prefix(sizeof count);
  if (bytes.size() / sizeof(T) < count) return false;
  out.resize(count);
  std::memcpy(out.data(), bytes.data(), count * sizeof(T));
  bytes.remove_prefix(count * sizeof(T));
  return true;
}

}  // namespace

worker::Attempt<Corpus> Corpus::open(const Plan& plan, const std::function<void()>& begun) {
  if (auto made = load(plan.folder)) return std::move(*made);
  CorpusMaker maker(plan);
  if (auto done = maker.make(begun); !done) return done.failure();
  auto made = load(plan.folder);
  if (!made) return worker::fromStorage(made.error());
  return std::move(*made);
}

Result<Corpus> Corpus::load(const std::filesystem::path& folder) {
  const auto index = readFile(folder / kCorpusIndex, kLongestIndex);
  if (!index) return index.error();
  Corpus out;
  std::string_view rest = *index;
  if (!take(rest, out.m_documents) || !take(rest, out.m_tokens)) {
    return Error(Error::Kind::Invalid, "the list of tokens is cut off");
  }
  out.m_text.reset(::open((folder / kCorpusText).c_str(), O_RDONLY | O_CLOEXEC));
  if (!out.m_text) return fromErrno("open", (folder / kCorpusText).native());
  out.mark();
  return out;
}

void Corpus::mark() {
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < m_tokens.size(); ++i) {
    if (i % kMark == 0) m_marks.push_back(at);
    at += m_tokens[i];
  }
}

std::uint64_t Corpus::byteOf(std::uint64_t token) const {
  if (m_marks.empty()) return 0;
  const auto mark = std::min<std::uint64_t>(token / kMark, m_marks.size() - 1);
  std::uint64_t at = m_marks[mark];
  const auto end = std::min<std::uint64_t>(token, m_tokens.size());
  for (std::uint64_t i = mark * kMark; i < end; ++i) at += m_tokens[i];
  return at;
}

// A token may be a part of a character: one that would be cut in two belongs to what follows.
Outcome Corpus::write(const std::vector<Span>& spans, const std::filesystem::path& file) const {
  std::string text;
  for (const auto& span : spans) {
    const auto begin = byteOf(span.begin);
    const auto end = byteOf(span.begin + span.tokens);
    const auto from = begin - std::min<std::uint64_t>(begin, kLongestCharacter);
    std::string part(end + 1 - from, '\0');
    const auto n = ::pread(m_text.get(), part.data(), part.size(), static_cast<off_t>(from));
    if (n < static_cast<ssize_t>(end - from)) return Error(Error::Kind::Io, "the text that is learned is cut off");
    part.resize(static_cast<std::size_t>(n));
    const auto first = characterAt(part, begin - from);
    text.append(part, first, characterAt(part, end - from) - first);
  }
  return replaceFile(file, text, Durability::Rename);
}

}  // namespace lull::runtimes::llama::training
