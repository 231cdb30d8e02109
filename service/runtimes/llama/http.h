// SPDX-License-Identifier: Apache-2.0
// Asking llama-server over its Unix socket. Each call has a connection of its own and blocks its thread for as long as
// the server takes: while the gate is closed that may be hours, so there is no time limit.
#pragma once

#include "base/result.h"

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace lull::runtimes::llama {

struct Answer {
  unsigned status = 0;  // HTTP
  std::string body;
  [[nodiscard]] bool ok() const { return status == 200; }
};

// Ends one conversation from outside it, before or while it is held. Thread-safe.
class Hangup {
public:
  void now();
  [[nodiscard]] bool wasAsked() const { return m_asked; }

private:
  friend class Call;
  std::mutex m_mutex;
  std::atomic<bool> m_asked{false};
  int m_socket = -1;  // of the conversation under way
};

class Http {
public:
  explicit Http(std::filesystem::path socket) : m_socket(std::move(socket)) {}

  // Unavailable: nobody listens, or the server ended while it answered.
  [[nodiscard]] Result<Answer> get(const std::string& target) const;
  [[nodiscard]] Result<Answer> post(const std::string& target, const std::string& json) const;
  // The data of each server-sent event as it comes; false ends the conversation, and so does `hangup` (Unavailable).
  // The body of the answer is empty unless its status is an error.
  using OnEvent = std::function<bool(std::string_view data)>;
  [[nodiscard]] Result<Answer> stream(const std::string& target, const std::string& json, const OnEvent& take,
                                      Hangup* hangup = nullptr) const;

private:
  const std::filesystem::path m_socket;
};

}  // namespace lull::runtimes::llama
