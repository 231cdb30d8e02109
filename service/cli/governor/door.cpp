// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/door.h"

#include "cli/governor/socket.h"
#include "wire/governed.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace lull::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostGuests = 16;
constexpr std::size_t kMostUnread = 1 << 18;  // of answers to one guest
constexpr int kFlushMs = 500;

}  // namespace

void sweep(const fs::path& folder) {
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    if (it->path().extension() != wire::kGovernedSuffix) continue;
    const auto guest = connectTo(it->path());
    if (!guest && guest.error().kind() == Error::Kind::Unavailable) ::unlink(it->path().c_str());
  }
}

Result<Door> Door::open(const fs::path& folder) {
  for (const auto& each : {folder.parent_path(), folder}) {
    if (auto made = makePrivateFolder(each); !made) return made.error();
  }
  if (auto ours = wire::checkPrivate(folder); !ours) return ours.error();
  sweep(folder);
  const auto path = folder / (std::to_string(::getpid()) + wire::kGovernedSuffix);
  // Under its final name it is listened on at once: else another one's sweep could take it for a dead keeper's.
  const auto early = folder / (std::to_string(::getpid()) + ".new");
  ::unlink(early.c_str());
  const auto address = addressOf(early);
  if (!address) return address.error();
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fromErrno("socket");
  if (::fchmod(fd.get(), 0600) != 0) return fromErrno("chmod", path.native());
  if (::bind(fd.get(), generic(*address), sizeof *address) != 0) return fromErrno("bind", early.native());
  if (::listen(fd.get(), static_cast<int>(kMostGuests)) != 0) return fromErrno("listen", path.native());
  if (::rename(early.c_str(), path.c_str()) != 0) return fromErrno("rename", early.native());
  return Door(std::move(fd), path);
}

Door::~Door() {
  if (m_fd) ::unlink(m_path.c_str());
}

void Door::addTo(std::vector<pollfd>& fds) const {
  if (m_fd) fds.push_back({m_fd.get(), POLLIN, 0});
  for (const auto& guest : m_guests) {
    fds.push_back({guest.fd.get(), static_cast<short>(guest.out.empty() ? POLLIN : POLLIN | POLLOUT), 0});
  }
}

void Door::serve(const Take& take) {
  letIn();
  for (auto& guest : m_guests) {
    hear(guest, take);
    speak(guest);
  }
  m_guests.remove_if([](const Guest& guest) { return guest.gone; });
}

void Door::letIn() {
  for (;;) {
    if (!m_fd) return;
    Fd fd(::accept4(m_fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    // The folder keeps others out; this holds where its mode was changed.
    if (m_guests.size() >= kMostGuests || !isOurs(fd.get())) continue;
    auto& guest = m_guests.emplace_back();
    guest.number = ++m_lastNumber;
    guest.fd = std::move(fd);
  }
}

void Door::hear(Guest& guest, const Take& take) {
  std::array<char, 4096> bytes{};
  const ssize_t n = ::recv(guest.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    guest.gone = true;
    return;
  }
  guest.reader.feed({bytes.data(), static_cast<std::size_t>(n)});
  for (;;) {
    const auto frame = guest.reader.next();
    if (frame && !*frame) return;
    v1::GovernedRequest request;
    if (!frame || !request.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size()))) {
      guest.gone = true;
      return;
    }
    take(guest.number, request);
  }
}

void Door::speak(Guest& guest) {
  while (!guest.out.empty() && !guest.gone) {
    const ssize_t n = ::send(guest.fd.get(), guest.out.data(), guest.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      guest.out.erase(0, static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      guest.gone = true;
    }
  }
}

void Door::answer(std::uint64_t number, const v1::GovernedReply& reply) {
  const auto guest = std::ranges::find(m_guests, number, &Guest::number);
  if (guest == m_guests.end() || guest->gone) return;
  if (!wire::appendFrame(guest->out, reply) || guest->out.size() > kMostUnread) guest->gone = true;
  speak(*guest);
}

void Door::flush() {
  for (auto& guest : m_guests) {
    pollfd fd{guest.fd.get(), POLLOUT, 0};
    while (!guest.out.empty() && !guest.gone && ::poll(&fd, 1, kFlushMs) > 0) speak(guest);
  }
}

}  // namespace lull::cli
