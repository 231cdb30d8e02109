// SPDX-License-Identifier: Apache-2.0
// The other end: asks the keepers of governed programs.
#pragma once

#include "base/time.h"
#include "cli/interrupt.h"
#include "wire/frame.h"
#include "wire/governed.h"

#include <string>
#include <utility>
#include <vector>

namespace lull::cli {

class Remote {
public:
  // Unavailable: nobody listens there any more.
  [[nodiscard]] static Result<Remote> connect(const std::filesystem::path& socket, const Interrupt& interrupt);

  // NotFound: the program has ended meanwhile; Unavailable: no answer in time.
  template <typename Request>
  [[nodiscard]] Result<typename wire::GovernedCall<Request>::Reply> call(Request request,
                                                                         Milliseconds limit = Milliseconds(10'000)) {
    v1::GovernedRequest frame;
    wire::GovernedCall<Request>::put(frame, std::move(request));
    auto reply = exchange(std::move(frame), limit);
    if (!reply) return reply.error();
    return wire::takeGoverned<Request>(*std::move(reply));
  }

private:
  Remote(Fd fd, const Interrupt& interrupt) : m_fd(std::move(fd)), m_interrupt(&interrupt) {}
  [[nodiscard]] Result<v1::GovernedReply> exchange(v1::GovernedRequest frame, Milliseconds limit);
  [[nodiscard]] Outcome send(const std::string& bytes) const;
  [[nodiscard]] Outcome receive(Instant deadline);

  Fd m_fd;
  const Interrupt* m_interrupt;
  wire::FrameReader m_reader;
  std::uint64_t m_lastId = 0;
};

struct Governed {
  Remote remote;
  v1::GovernedProgram program;
};
struct Found {
  std::vector<Governed> all;  // that answer, by name
  std::size_t silent = 0;     // that live but do not answer
};
// Sockets of dead keepers are removed on the way.
[[nodiscard]] Found findGoverned(const Interrupt& interrupt);
// For people; empty: none is silent.
[[nodiscard]] std::string silentText(const Found& found);
// Of these the one called so, or with this process id (its own or its keeper's); the only one where `which` is empty.
// NotFound: there is none; Conflict: there are several; Unavailable: it does not answer.
[[nodiscard]] Result<Governed> chooseGoverned(Found found, const std::string& which);

}  // namespace lull::cli
