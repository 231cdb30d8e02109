// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/http.h"

#include "runtimes/llama/events.h"

#include <sys/socket.h>

#include <limits>
#include <utility>  // Boost 1.74's <asio/awaitable.hpp> forgets it

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace lull::runtimes::llama {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Code = boost::system::error_code;
using Request = http::request<http::string_body>;
using Parser = http::response_parser<http::string_body>;

}  // namespace

// One conversation, of which a hangup knows while it lasts.
class Call {
public:
  explicit Call(Hangup* hangup = nullptr) : m_hangup(hangup) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    if (m_hangup == nullptr) return;
    const std::lock_guard lock(m_hangup->m_mutex);
    m_hangup->m_socket = -1;
  }

  [[nodiscard]] Outcome begin(const std::filesystem::path& socket, const Request& request) {
    Code code;
    m_socket.connect(asio::local::stream_protocol::endpoint(socket.native()), code);
    if (!code && !tellHangup()) return Error(Error::Kind::Unavailable, "nobody wants the answer any more");
    if (!code) http::write(m_socket, request, code);
    m_parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    if (!code) http::read_header(m_socket, m_buffer, m_parser, code);
    return outcomeOf(code);
  }
  [[nodiscard]] unsigned status() const { return m_parser.get().result_int(); }

  [[nodiscard]] Result<Answer> rest() {
    Code code;
    if (!m_parser.is_done()) http::read(m_socket, m_buffer, m_parser, code);
    if (code) return outcomeOf(code).error();
    return Answer{status(), std::move(m_parser.get().body())};
  }

  [[nodiscard]] Result<Answer> events(const Http::OnEvent& take) {
    Events events;
    for (;;) {
      events.feed(std::exchange(m_parser.get().body(), {}));
      while (auto event = events.next()) {
        if (!take(*event)) return Answer{status(), {}};
      }
      if (m_parser.is_done()) return Answer{status(), {}};
      Code code;
      http::read_some(m_socket, m_buffer, m_parser, code);
      if (code) return outcomeOf(code).error();
    }
  }

private:
  // False: it was asked before.
  bool tellHangup() {
    if (m_hangup == nullptr) return true;
    const std::lock_guard lock(m_hangup->m_mutex);
    m_hangup->m_socket = m_socket.native_handle();
    return !m_hangup->wasAsked();
  }
  static Outcome outcomeOf(const Code& code) {
    if (!code) return {};
    return Error(Error::Kind::Unavailable, "llama-server does not answer: " + code.message());
  }
  asio::io_context m_context{1};
  asio::local::stream_protocol::socket m_socket{m_context};
  boost::beast::flat_buffer m_buffer;
  Parser m_parser;
  Hangup* m_hangup;
};

namespace {

Request requestFor(http::verb verb, const std::string& target, const std::string& body) {
  Request request{verb, target, 11};
  request.set(http::field::host, "llama-server");
  request.set(http::field::connection, "close");
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  return request;
}

}  // namespace

void Hangup::now() {
  const std::lock_guard lock(m_mutex);
  m_asked = true;
  if (m_socket >= 0) ::shutdown(m_socket, SHUT_RDWR);
}

Result<Answer> Http::get(const std::string& target) const {
  Call conversation;
  if (auto begun = conversation.begin(m_socket, requestFor(http::verb::get, target, {})); !begun) return begun.error();
  return conversation.rest();
}

Result<Answer> Http::post(const std::string& target, const std::string& json) const {
  Call conversation;
  if (auto begun = conversation.begin(m_socket, requestFor(http::verb::post, target, json)); !begun)
    return begun.error();
  return conversation.rest();
}

Result<Answer> Http::stream(const std::string& target, const std::string& json, const OnEvent& take,
                            Hangup* hangup) const {
  Call conversation(hangup);
  if (auto begun = conversation.begin(m_socket, requestFor(http::verb::post, target, json)); !begun)
    return begun.error();
  return conversation.status() == 200 ? conversation.events(take) : conversation.rest();
}

}  // namespace lull::runtimes::llama
