// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/server.h"

#include "gguf/header.h"
#include "runtimes/llama/own_page.h"
#include "runtimes/llama/vigil.h"

#include <unistd.h>

#include <chrono>
#include <thread>

namespace lull::runtimes::llama {

namespace {

constexpr std::uint32_t kTaken = 2048;  // tokens that llama.cpp takes up together, to compute them by the batch
constexpr auto kLook = std::chrono::milliseconds(50);  // at a server that loads its model

// A model made for embeddings says how it makes one of those of all tokens; of others it is their mean.
bool pools(const std::filesystem::path& model) {
  const auto header = gguf::readHeader(model);
  return header && header->pools;
}

std::vector<std::string> argumentsOf(const ServerPlan& plan, const std::filesystem::path& socket) {
  const auto& where = plan.where;
  const auto& load = plan.load;
  const auto threads = std::to_string(std::max(1U, where.threads()));
  std::vector<std::string> out{"-m",          where.model_file(),
                               "--host",      socket.native(),
                               "-c",          std::to_string(std::uint64_t{load.context} * load.parallel),
                               "-np",         std::to_string(load.parallel),
                               "-dev",        where.on_cpu() ? "none" : "Vulkan0",  // or it would do without
                               "-ngl",        where.on_cpu() ? "0" : "99",
                               "-t",          threads,
                               "-tb",         threads,
                               "-fit",        "off",  // the memory that is granted is not what the driver tells
                               "-lv",         "2",    // errors and warnings
                               "--no-webui",  "--no-warmup",
                               "--offline",   "--no-slots",
                               "--cache-ram", "0"};  // of main memory, 8 GiB otherwise
  // Of an embedding all is computed at once; llama.cpp aborts while it loads if its slots do not share that evenly.
  const auto batch = plan.embeddings ? (load.batch + load.parallel - 1) / load.parallel * load.parallel : load.batch;
  const auto taken = plan.embeddings ? batch : std::max(batch, kTaken);
  out.insert(out.end(), {"-b", std::to_string(taken), "-ub", std::to_string(batch)});
  if (plan.embeddings) {
    out.push_back("--embeddings");
    if (!pools(where.model_file())) out.insert(out.end(), {"--pooling", "mean"});
  }
  out.insert(out.end(), plan.more.begin(), plan.more.end());
  return out;
}

}  // namespace

Server::Server(Program program, Http http, std::filesystem::path log)
    : m_program(std::move(program)), m_http(std::move(http)), m_log(std::move(log)) {}

worker::Attempt<Server> Server::start(const ServerPlan& plan) {
  const auto socket = plan.folder / "llama.sock";
  const auto log = plan.log.empty() ? plan.folder / "llama.log" : plan.log;
  ::unlink(socket.c_str());
  auto program = Program::start(plan.where, "llama-server", argumentsOf(plan, socket), log);
  if (!program) return program.failure();
  return Server(std::move(*program), Http(socket), log);
}

worker::Step Server::waitReady(const std::stop_token& stop) {
  const OwnPage page;
  const Vigil vigil(m_program);  // for the GPU: whoever answers here does something
  while (!stop.stop_requested()) {
    if (!stop.stop_possible()) page.waitWhileClosed();  // nothing comes nearer
    if (const auto health = m_http.get("/health"); health && health->ok()) return worker::Done{};
    if (const auto ended = m_program.ended()) return whyNot(*ended);
    std::this_thread::sleep_for(kLook);
  }
  return worker::Done{};
}

std::string Server::lastWords() const { return llama::lastWords(m_log); }

worker::Failure Server::whyNot(const Ended& ended) const {
  if (auto lost = loss(ended)) return *lost;
  const auto words = lastWords();
  const auto technical = "llama-server " + ended.text() + ": " + words;
  const auto said = [&words](const char* text) { return words.find(text) != std::string::npos; };
  if (said("invalid device")) {
    return worker::failure(worker::Failure::KIND_DRIVER,
                           "llama.cpp finds no Vulkan device that it can use: is the GPU's driver in order?",
                           technical);
  }
  if (ended.signal != 0) {
    return worker::failure(worker::Failure::KIND_WORKER_DIED, "llama.cpp crashed while it loaded the model.",
                           technical);
  }
  return worker::badTask("llama.cpp cannot load this model: the file is damaged, or of a kind it does not know.",
                         technical);
}

}  // namespace lull::runtimes::llama
