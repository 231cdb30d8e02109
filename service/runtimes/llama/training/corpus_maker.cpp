// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/corpus_maker.h"

#include "base/utf8.h"
#include "runtimes/llama/vigil.h"
#include "runtimes/worker/stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace lull::runtimes::llama::training {

using nlohmann::json;

namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr std::size_t kLongestLine = 4 << 20;

// Up to 64 KiB more; 0: there is no more.
Result<std::size_t> readMore(int fd, std::string& text) {
  std::array<char, kBlock> run{};
  ssize_t n = 0;
  while ((n = ::read(fd, run.data(), run.size())) < 0 && errno == EINTR) {
  }
  if (n < 0) return fromErrno("read", "the data");
  text.append(run.data(), static_cast<std::size_t>(n));
  return static_cast<std::size_t>(n);
}

template <typename T>
void append(std::string& out, const std::vector<T>& values) {
  const std::uint64_t count = values.size();
  out.append(reinterpret_cast<const char*>(&count), sizeof count);
  out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

bool isBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

worker::Step CorpusMaker::make(const std::function<void()>& begun) {
  const Fd data(::open(m_plan.data.c_str(), O_RDONLY | O_CLOEXEC));
  if (!data) return worker::fromStorage(fromErrno("open", m_plan.data.native()));
  const auto text = m_plan.folder / kCorpusText;
  m_out.reset(::open(text.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!m_out) return worker::fromStorage(fromErrno("create", text.native()));
  auto where = m_plan.where;
  where.set_on_cpu(true);  // it only reads the vocabulary
  auto server = Server::start({.where = where,
                               .folder = m_plan.folder,
                               .load = {.context = kWindowStep, .batch = gguf::kLeastBatch},
                               // The last answer is whole, and not to be gone on with.
                               .more = {"--no-prefill-assistant"}});
  if (!server) return server.failure();
  m_server.emplace(std::move(*server));
  begun();
  if (auto ready = m_server->waitReady(); !ready) return ready;
  const Vigil vigil(m_server->program());
  if (auto taken = m_plan.chats ? takeChats(data.get()) : takeText(data.get()); !taken) return taken;
  return finish();
}

worker::Step CorpusMaker::takeChats(int data) {
  std::string text;
  for (std::uint64_t line = 1;;) {
    const auto more = readMore(data, text);
    if (!more) return worker::fromStorage(more.error());
    if (*more == 0) return isBlank(text) ? worker::Step(worker::Done{}) : takeChat(line, text);
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1, ++line) {
      const auto chat = std::string_view(text).substr(begin, end - begin);
      if (isBlank(chat)) continue;
      if (auto taken = takeChat(line, chat); !taken) return taken;
    }
    text.erase(0, begin);
    if (text.size() > kLongestLine) return badLine(line, fmt::format("it is longer than {} bytes", kLongestLine));
  }
}

worker::Step CorpusMaker::takeChat(std::uint64_t line, std::string_view text) {
  const auto request = templateRequest(line, text);
  if (!request) return request.failure();
  const auto answer = ask("/apply-template", *request);
  if (!answer || !answer->ok()) return refusedBy(fmt::format("Line {} of the data", line), answer);
  const auto read = json::parse(answer->body, nullptr, false);
  if (!read.is_object() || !read.contains("prompt") || !read["prompt"].is_string()) {
    return refusedBy(fmt::format("Line {} of the data", line), answer);
  }
  m_block += read["prompt"].get_ref<const std::string&>();
  m_ends.push_back(m_block.size());
  if (m_block.size() < kBlock) return worker::Done{};
  return flush();
}

worker::Step CorpusMaker::takeText(int data) {
  std::string text;
  for (std::uint64_t at = 0;;) {
    const auto more = readMore(data, text);
    if (!more) return worker::fromStorage(more.error());
    const auto size = *more == 0 || text.empty() ? text.size() : cutPlace(text);
    m_block = text.substr(0, size);
    if (validUtf8(m_block) != m_block) {
      return worker::badTask(fmt::format("The data is no UTF-8 text: see the {} bytes after byte {}.", size, at));
    }
    if (auto flushed = flush(); !flushed) return flushed;
    at += size;
    text.erase(0, size);
    if (*more == 0) break;
  }
  m_documents.assign(1, m_tokens.size());
  return worker::Done{};
}

worker::Step CorpusMaker::flush() {
  if (m_block.empty()) return worker::Done{};
  const json request{
      {"content", m_block}, {"add_special", false}, {"parse_special", m_plan.chats}, {"with_pieces", true}};
  const auto answer = ask("/tokenize", request.dump());
  if (!answer || !answer->ok()) return refusedBy("The data", answer);
  const auto lengths = tokenLengths(answer->body, m_block.size());
  if (!lengths) return refusedBy("The data", answer);
  std::size_t bytes = 0;
  std::uint64_t tokens = 0;
  auto end = m_ends.begin();
  for (const auto length : *lengths) {
    bytes += length;
    ++tokens;
    for (; end != m_ends.end() && *end <= bytes; ++end) m_documents.push_back(std::exchange(tokens, 0));
  }
  m_tokens.insert(m_tokens.end(), lengths->begin(), lengths->end());
  m_plan.markers.rename(m_block);
  if (auto out = worker::writeAll(m_out.get(), m_block); !out) return worker::fromStorage(out.error());
  m_block.clear();
  m_ends.clear();
  return worker::Done{};
}

// On the processor, but the computer is the owner's while the gate is closed.
Result<Answer> CorpusMaker::ask(const std::string& path, const std::string& request) {
  m_page.waitWhileClosed();
  return m_server->http().post(path, request);
}

worker::Step CorpusMaker::finish() {
  if (auto flushed = flush(); !flushed) return flushed;
  if (::fsync(m_out.get()) != 0) return worker::fromStorage(fromErrno("fsync", kCorpusText));
  std::string index;
  append(index, m_documents);
  append(index, m_tokens);
  if (auto kept = replaceFile(m_plan.folder / kCorpusIndex, index); !kept) return worker::fromStorage(kept.error());
  return worker::Done{};
}

worker::Failure CorpusMaker::refusedBy(std::string_view what, const Result<Answer>& answer) {
  if (!answer) {
    if (auto lost = m_server->loss(m_server->program().endSoon())) return *lost;
    return worker::failure(worker::Failure::KIND_WORKER_DIED, "llama.cpp crashed while it read the data.",
                           answer.error().text() + ": " + m_server->lastWords());
  }
  const auto read = json::parse(answer->body, nullptr, false);
  const auto error = read.is_object() ? read.value("error", json::object()) : json::object();
  const auto said = error.is_object() ? error.value("message", std::string()) : std::string();
  return worker::badTask(fmt::format("{}: the model's chat template, or its vocabulary, cannot do with it: {}", what,
                                     said.empty() ? "no reason was given" : validUtf8(said)),
                         validUtf8(answer->body).substr(0, 1000));
}

}  // namespace lull::runtimes::llama::training
