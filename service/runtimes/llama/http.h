// SPDX-License-Identifier: Apache-2.0
// Asking llama-server over its Unix socket. Each call has a connection of its own and blocks its thread for as long as
// the server takes: while the gate is closed that may be hours, so there is no time limit.
#pragma once

#include "base/result.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace lull::runtimes::llama {

struct Answer {
  unsigned status = 0;  // HTTP
  std::string body;
  [[nodiscard]] bool ok() const { return status == 200; }
};

class Http {
public:
  explicit Http(std::filesystem::path socket) : m_socket(std::move(socket)) {}

  // Unavailable: nobody listens, or the server ended while it answered.
  [[nodiscard]] Result<Answer> get(const std::string& target) const;
  [[nodiscard]] Result<Answer> post(const std::string& target, const std::string& json) const;
  // The data of each server-sent event as it comes; false ends the conversation. The body of the answer is empty
  // unless its status is an error.
  using OnEvent = std::function<bool(std::string_view data)>;
  [[nodiscard]] Result<Answer> stream(const std::string& target, const std::string& json, const OnEvent& take) const;

private:
  const std::filesystem::path m_socket;
};

}  // namespace lull::runtimes::llama
