// SPDX-License-Identifier: Apache-2.0
// Makes a corpus of a training's data.
#pragma once

#include "runtimes/llama/own_page.h"
#include "runtimes/llama/server.h"
#include "runtimes/llama/training/corpus.h"
#include "runtimes/llama/training/reading.h"

#include <string_view>

namespace lull::runtimes::llama::training {

inline constexpr const char* kCorpusText = "corpus.txt";
inline constexpr const char* kCorpusIndex = "corpus.index";  // there once all is made

class CorpusMaker {
public:
  explicit CorpusMaker(const Corpus::Plan& plan) : m_plan(plan) {}
  [[nodiscard]] worker::Step make(const std::function<void()>& begun);

private:
  [[nodiscard]] worker::Step takeChats(int data);
  [[nodiscard]] worker::Step takeText(int data);
  [[nodiscard]] worker::Step takeChat(std::uint64_t line, std::string_view text);
  [[nodiscard]] worker::Step flush();
  [[nodiscard]] Result<Answer> ask(const std::string& path, const std::string& request);
  [[nodiscard]] worker::Step finish();
  [[nodiscard]] worker::Failure refusedBy(std::string_view what, const Result<Answer>& answer);

  const Corpus::Plan& m_plan;
  const OwnPage m_page;
  std::optional<Server> m_server;
  Fd m_out;
  std::string m_block;              // not yet cut into tokens
  std::vector<std::size_t> m_ends;  // of the chats in it
  std::vector<std::uint64_t> m_documents;
  std::vector<std::uint16_t> m_tokens;
};

}  // namespace lull::runtimes::llama::training
