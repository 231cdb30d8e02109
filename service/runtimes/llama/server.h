// SPDX-License-Identifier: Apache-2.0
// One llama-server, for one model and one kind of work, on a socket in the task's private folder.
#pragma once

#include "base/result.h"
#include "gguf/memory.h"
#include "runtimes/llama/http.h"
#include "runtimes/llama/program.h"
#include "runtimes/worker/failure.h"

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

namespace lull::runtimes::llama {

struct ServerPlan {
  worker::v1::Llama where;
  std::filesystem::path folder;  // for socket and log
  gguf::Load load;               // an embedding has to be at most as long as its batch
  bool embeddings = false;
  std::vector<std::string> more{};  // arguments
  std::filesystem::path log{};      // empty: in the folder
};

class Server {
public:
  // Returns as soon as the program runs.
  [[nodiscard]] static worker::Attempt<Server> start(const ServerPlan& plan);

  // Waits until the model is loaded, or nobody wants it any more; while the gate is closed that takes as long as it is.
  [[nodiscard]] worker::Step waitReady(const std::stop_token& stop = {});
  [[nodiscard]] const Http& http() const { return m_http; }
  [[nodiscard]] Program& program() { return m_program; }
  // What it said when it ended, for people who look for the cause.
  [[nodiscard]] std::string lastWords() const;
  // Once it has ended: that the GPU, memory or the service was lost to it.
  [[nodiscard]] std::optional<worker::Failure> loss(const Ended& ended) const { return lossToldIn(m_log, ended); }

private:
  Server(Program program, Http http, std::filesystem::path log);
  [[nodiscard]] worker::Failure whyNot(const Ended& ended) const;
  Program m_program;
  Http m_http;
  std::filesystem::path m_log;
};

}  // namespace lull::runtimes::llama
