// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include "cli/format.h"

namespace lull::cli {

Result<Client*> Session::client() {
  if (m_client) return &*m_client;
  auto connected = Client::connect({.socket = m_options.socket}, *m_interrupt);
  if (!connected) {
    m_unreachable = connected.error().kind() == Error::Kind::Unavailable;
    return connected.error();
  }
  m_client.emplace(*std::move(connected));
  return &*m_client;
}

Exit Session::tell(const Error& error) const {
  if (m_interrupt->pending()) return Exit::Interrupted;
  if (isGone() && error.kind() == Error::Kind::Unavailable) {
    tell("unreachable", error.text());
    return Exit::Unreachable;
  }
  tell(nameOf(error.kind()), error.text());
  return exitFor(error.kind());
}

Exit Session::inTurn(const std::vector<std::string>& which,
                     const std::function<Outcome(const std::string&)>& each) const {
  auto worst = Exit::Ok;
  for (const auto& one : which) {
    const auto done = each(one);
    if (done) continue;
    worst = tell(done.error());
    if (worst == Exit::Unreachable || worst == Exit::Interrupted) break;
  }
  return worst;
}

Exit Session::misused(std::string_view message) const {
  tell("usage", message);
  return Exit::Usage;
}

void Session::tell(std::string_view kind, std::string_view message) const {
  if (json()) {
    m_terminal->note(errorJson(kind, message));
  } else {
    m_terminal->sentence("lull: " + harmless(message));
  }
}

}  // namespace lull::cli
