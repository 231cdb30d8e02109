// SPDX-License-Identifier: Apache-2.0
#include "llama/server.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

namespace lull::llama {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr int kTokens = 24;

Launch launchAt(const fs::path& socket, const fs::path& model, Launch launch) {
  launch.program = "llama-server";
  std::vector<std::string> own{"-m",        model.string(), "--host", socket.string(), "-ngl", "99", "-t",
                               "1",         "-fit",         "off",    "-np",           "4",    "-c", "2048",
                               "--no-webui"};
  launch.arguments.insert(launch.arguments.begin(), own.begin(), own.end());
  return launch;
}

Fd connectTo(const fs::path& path) {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, path.c_str(), path.native().size() + 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return socket;
}

bool sendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string receiveAll(int socket) {
  std::string bytes;
  char part[4096];
  for (ssize_t n = 0; (n = ::recv(socket, part, sizeof part, 0)) > 0;) bytes.append(part, static_cast<std::size_t>(n));
  return bytes;
}

}  // namespace

Server::Server(const fs::path& model, const fs::path& folder, Launch launch)
    : m_socket(folder / "server.sock"),
      m_program((fs::remove(m_socket), launchAt(m_socket, model, std::move(launch)))) {}

bool Server::waitReady(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (ask("/health", "").value_or("").find("ok") != std::string::npos) return true;
    if (m_program.waitExit(50ms)) return false;
  }
  return false;
}

std::optional<std::string> Server::ask(const std::string& path, const std::string& body) const {
  const Fd socket = connectTo(m_socket);
  if (!socket) return std::nullopt;
  const std::string head = (body.empty() ? "GET " : "POST ") + path +
                           " HTTP/1.0\r\nHost: server\r\nContent-Type: application/json\r\nConnection: close\r\n"
                           "Content-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n";
  if (!sendAll(socket.get(), head + body)) return std::nullopt;
  const std::string answer = receiveAll(socket.get());
  const auto at = answer.find("\r\n\r\n");
  if (at == std::string::npos) return std::nullopt;
  return answer.substr(at + 4);
}

std::vector<int> Server::completeOne(const std::string& prompt) const {
  const QJsonObject request{{"prompt", QString::fromStdString(prompt)},
                            {"n_predict", kTokens},
                            {"temperature", 0},
                            {"ignore_eos", true},
                            {"cache_prompt", false},
                            {"return_tokens", true}};
  const auto answer = ask("/completion", QJsonDocument(request).toJson(QJsonDocument::Compact).toStdString());
  const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(answer.value_or("")));
  std::vector<int> tokens;
  for (const auto token : json["tokens"].toArray()) tokens.push_back(token.toInt());
  return tokens;
}

std::string Server::chat(const std::string& question) const {
  const QJsonObject message{{"role", "user"}, {"content", QString::fromStdString(question)}};
  const QJsonObject request{{"messages", QJsonArray{message}}, {"max_tokens", kTokens}, {"temperature", 0}};
  const auto answer =
      ask("/v1/chat/completions", QJsonDocument(request).toJson(QJsonDocument::Compact).toStdString()).value_or("");
  const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(answer));
  return json["choices"][0]["message"]["content"].toString().toStdString();
}

std::vector<std::vector<int>> Server::complete(const std::vector<std::string>& prompts, unsigned clients) const {
  std::vector<std::vector<int>> answers(prompts.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = 0; (at = next++) < prompts.size();) answers[at] = completeOne(prompts[at]);
    });
  }
  for (auto& thread : threads) thread.join();
  return answers;
}

}  // namespace lull::llama
