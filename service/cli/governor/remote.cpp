// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/remote.h"

#include "cli/format.h"
#include "cli/governor/door.h"
#include "cli/governor/socket.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace lull::cli {

namespace {

constexpr Milliseconds kLookLimit{2'000};  // one that was stopped (Ctrl-Z) does not hold up the list

Instant now() { return SystemClock().now().instant; }

Error gone() { return {Error::Kind::NotFound, "the program has ended"}; }

bool isCalled(const v1::GovernedProgram& program, const std::string& which) {
  return program.name() == which || std::to_string(program.pid()) == which ||
         std::to_string(program.keeper_pid()) == which;
}

std::string listed(const std::vector<Governed>& all) {
  std::string out;
  for (const auto& each : all) {
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", each.program.name(), each.program.pid());
  }
  return out;
}

}  // namespace

Result<Remote> Remote::connect(const std::filesystem::path& socket, const Interrupt& interrupt) {
  auto fd = connectTo(socket);
  if (!fd) return fd.error();
  return Remote(*std::move(fd), interrupt);
}

Result<v1::GovernedReply> Remote::exchange(v1::GovernedRequest frame, Milliseconds limit) {
  frame.set_id(++m_lastId);
  std::string bytes;
  if (auto framed = wire::appendFrame(bytes, frame); !framed) return framed.error();
  if (auto sent = send(bytes); !sent) return sent.error();
  const Instant deadline = now() + limit;
  for (;;) {
    const auto next = m_reader.next();
    if (!next) return next.error();
    if (!*next) {
      if (auto received = receive(deadline); !received) return received.error();
      continue;
    }
    v1::GovernedReply reply;
    if (!reply.ParseFromArray((*next)->data(), static_cast<int>((*next)->size())) || reply.id() != m_lastId) {
      return Error(Error::Kind::Internal, "lull governor answered something that is not understood");
    }
    return reply;
  }
}

// Requests are small: they fit into the socket's buffer.
Outcome Remote::send(const std::string& bytes) const {
  const ssize_t n = ::send(m_fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n == static_cast<ssize_t>(bytes.size())) return {};
  if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return gone();
  return Error(Error::Kind::Unavailable, "lull governor does not take what it is sent");
}

Outcome Remote::receive(Instant deadline) {
  std::array<pollfd, 2> fds{pollfd{m_fd.get(), POLLIN, 0}, pollfd{m_interrupt->fd(), POLLIN, 0}};
  const auto left = std::chrono::ceil<Milliseconds>(deadline - now()).count();
  if (left <= 0) {
    return Error(Error::Kind::Unavailable, "its `lull governor` does not answer; was it stopped with Ctrl-Z?");
  }
  const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(left));
  if (m_interrupt->pending() || fds[1].revents != 0) return Error(Error::Kind::Unavailable, "interrupted");
  if (ready <= 0) return {};
  std::array<char, 4096> bytes{};
  const ssize_t n = ::recv(m_fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (n <= 0) return gone();
  m_reader.feed({bytes.data(), static_cast<std::size_t>(n)});
  return {};
}

Found findGoverned(const Interrupt& interrupt) {
  if (wire::checkPrivate(wire::governedFolder())) sweep(wire::governedFolder());
  Found out;
  for (const auto& socket : wire::governedSockets()) {
    auto remote = Remote::connect(socket, interrupt);
    if (!remote) continue;
    auto reply = remote->call(v1::GetProgramRequest{}, kLookLimit);
    if (reply) {
      out.all.push_back({*std::move(remote), std::move(*reply->mutable_program())});
    } else if (reply.error().kind() == Error::Kind::Unavailable && !interrupt.pending()) {
      ++out.silent;
    }
  }
  std::ranges::sort(out.all, {}, [](const Governed& each) { return each.program.name(); });
  return out;
}

std::string silentText(const Found& found) {
  if (found.silent == 0) return {};
  return fmt::format("{} under the governor {} not answer; {} stopped with Ctrl-Z?",
                     count(found.silent, "program", "programs"), found.silent == 1 ? "does" : "do",
                     found.silent == 1 ? "was it" : "were they");
}

Result<Governed> chooseGoverned(Found found, const std::string& which) {
  auto& all = found.all;
  if (all.empty() && found.silent > 0) return Error(Error::Kind::Unavailable, silentText(found));
  if (all.empty()) {
    return Error(Error::Kind::NotFound, "no program runs under the governor. Start one with: lull governor -- PROGRAM");
  }
  if (which.empty()) {
    if (all.size() == 1) return std::move(all.front());
    return Error(Error::Kind::Conflict, "which one? Name it: " + listed(all));
  }
  for (auto& each : all) {
    if (isCalled(each.program, which)) return std::move(each);
  }
  return Error(Error::Kind::NotFound,
               fmt::format("“{}” does not run under the governor. These do: {}", which, listed(all)));
}

}  // namespace lull::cli
