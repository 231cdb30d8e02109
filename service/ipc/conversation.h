// SPDX-License-Identifier: Apache-2.0
// What one client asks, in order, and what it is answered: Hello first, then one request at a time, each only with
// the right it needs.
#pragma once

#include "ipc/line.h"
#include "ipc/requests.h"
#include "ipc/room.h"
#include "wire/conversation.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace lull::ipc {

class Conversation : public std::enable_shared_from_this<Conversation> {
public:
  // `line` outlives it, or leave() is called first.
  Conversation(Room& room, Caller caller, Line& line);

  // One whole frame. Not while isBusy() or after hasEnded().
  void receive(std::string_view bytes);
  // Says why it ends; nothing is taken afterwards.
  void end(const Error& error);
  // The connection is gone: streams end, late replies are dropped.
  void leave();

  [[nodiscard]] bool isBusy() const { return m_id != 0; }
  [[nodiscard]] bool isGreeted() const { return m_greeted; }
  [[nodiscard]] bool hasEnded() const { return m_ended; }

private:
  void greet(const v1::ClientFrame& frame);
  void take(const v1::ClientFrame& frame);
  void dispatch(const v1::ClientFrame& frame);
  void getStatus();
  void watchStatus();
  void tailLog(const v1::TailLogRequest& request);
  void ask(const v1::AskRequest& request);
  void unwatch(const v1::UnwatchRequest& request);
  template <typename Request>
  void forward(const Request& request);

  template <typename Request>
  void answer(typename wire::Call<Request>::Reply reply);
  // What takes a reply to the request under way, if it is still wanted then.
  template <typename Request>
  [[nodiscard]] Reply<typename wire::Call<Request>::Reply> replyTo();
  [[nodiscard]] bool isStream(std::uint64_t id) const;

  void fail(const Error& error);
  void finish(v1::ServerFrame& frame);  // numbers and sends it

  Room& m_room;
  Caller m_caller;
  Line* m_line;
  std::uint64_t m_id = 0;    // of the request under way; 0: none
  std::uint64_t m_turn = 0;  // counts requests, so that a reply given twice is known
  bool m_greeted = false;
  bool m_ended = false;
};

}  // namespace lull::ipc
