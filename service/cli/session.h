// SPDX-License-Identifier: Apache-2.0
// What every command is given: the terminal, the service (connected on first use) and how to answer.
#pragma once

#include "cli/client.h"
#include "cli/exit.h"
#include "cli/json.h"
#include "cli/terminal.h"

#include <filesystem>
#include <optional>
#include <utility>

namespace lull::cli {

class Session {
public:
  struct Options {
    std::filesystem::path socket;
    bool json = false;
  };
  Session(Terminal& terminal, const Interrupt& interrupt, Options options)
      : m_terminal(&terminal), m_interrupt(&interrupt), m_options(std::move(options)) {}

  [[nodiscard]] Terminal& terminal() const { return *m_terminal; }
  [[nodiscard]] const Interrupt& interrupt() const { return *m_interrupt; }
  [[nodiscard]] const std::filesystem::path& socket() const { return m_options.socket; }
  [[nodiscard]] bool json() const { return m_options.json; }
  [[nodiscard]] UnixMs now() const { return SystemClock().now().unixMs; }

  [[nodiscard]] Result<Client*> client();
  template <typename Request>
  [[nodiscard]] Result<typename wire::Call<Request>::Reply> call(Request request) {
    auto connected = client();
    if (!connected) return connected.error();
    return (*connected)->call(std::move(request));
  }

  // The next call speaks over a new connection: one that watches something does so until its end.
  void hangUp() { m_client.reset(); }

  // Nobody answered, or the connection broke.
  [[nodiscard]] bool isGone() const { return m_unreachable || (m_client && m_client->lost()); }

  // One JSON document, on a line of its own.
  void emit(const google::protobuf::Message& message) const { m_terminal->line(toJson(message)); }
  // A remark on standard error; nothing with --json.
  void remark(std::string_view text) const {
    if (!json()) m_terminal->sentence(text);
  }
  // Tells an error at once, for commands that go on with the next file or id.
  Exit tell(const Error& error) const;
  // Has each of them done in turn; what fails is told and the next one tried, unless nobody answers any more.
  Exit inTurn(const std::vector<std::string>& which, const std::function<Outcome(const std::string&)>& each) const;
  // The same for a wrong command line.
  Exit misused(std::string_view message) const;

private:
  void tell(std::string_view kind, std::string_view message) const;

  Terminal* m_terminal;
  const Interrupt* m_interrupt;
  Options m_options;
  std::optional<Client> m_client;
  bool m_unreachable = false;
};

}  // namespace lull::cli
