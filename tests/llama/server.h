// SPDX-License-Identifier: Apache-2.0
// llama-server on a socket of its own, and its clients.
#pragma once

#include "llama/program.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lull::llama {

class Server {
public:
  // `launch` names page, environment and further arguments only; of an argument given twice the later holds.
  Server(const std::filesystem::path& model, const std::filesystem::path& folder, Launch launch);

  // False when it does not answer in time.
  [[nodiscard]] bool waitReady(std::chrono::milliseconds limit);
  // The body of the answer; nullopt without one. An empty `body` makes it a GET.
  [[nodiscard]] std::optional<std::string> ask(const std::string& path, const std::string& body) const;
  // The tokens with which it continues each prompt, greedily; `clients` ask at the same time. An answer that did not
  // come is empty.
  [[nodiscard]] std::vector<std::vector<int>> complete(const std::vector<std::string>& prompts, unsigned clients) const;
  // Its greedy answer to one question, as a chat; empty when none came.
  [[nodiscard]] std::string chat(const std::string& question) const;
  [[nodiscard]] Program& program() { return m_program; }

private:
  [[nodiscard]] std::vector<int> completeOne(const std::string& prompt) const;
  std::filesystem::path m_socket;
  Program m_program;
};

}  // namespace lull::llama
