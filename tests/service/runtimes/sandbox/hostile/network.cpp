// SPDX-License-Identifier: Apache-2.0
// Ways to talk to somebody else.
#include "attempts.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace hostile {

namespace {

sockaddr_in localPort(const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Got tcp(Words words) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto address = localPort(words[0]);
  return through(fd < 0 ? -1 : ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

Got udp(Words words) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  const auto address = localPort(words[0]);
  return through(fd < 0 ? -1 : ::sendto(fd, "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

Got connectTo(const sockaddr_un& address, std::size_t length) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  return through(fd < 0 ? -1 : ::connect(fd, reinterpret_cast<const sockaddr*>(&address), size));
}

Got abstractSocket(Words words) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path + 1, words[0], sizeof address.sun_path - 2);
  return connectTo(address, 1 + std::strlen(words[0]));
}

Got socketFile(Words words) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, words[0], sizeof address.sun_path - 1);
  return connectTo(address, std::strlen(words[0]) + 1);
}

Got family(Words words) { return through(::socket(std::atoi(words[0]), std::atoi(words[1]), 0)); }

// A network interface that is not the loopback's, as the kernel tells without a socket.
Got interfaces(Words) {
  std::FILE* list = std::fopen("/proc/net/dev", "r");
  if (list == nullptr) return Got::Denied;
  char line[512];
  while (std::fgets(line, sizeof line, list) != nullptr) {
    const std::string text(line);
    const auto colon = text.find(':');
    if (colon == std::string::npos) continue;
    const auto begin = text.find_first_not_of(' ');
    if (text.substr(begin, colon - begin) != "lo") return Got::Through;
  }
  return Got::Denied;
}

constexpr Attempt kAttempts[] = {{"tcp", tcp},           {"udp", udp},       {"abstract", abstractSocket},
                                 {"socket", socketFile}, {"family", family}, {"interfaces", interfaces}};

}  // namespace

std::span<const Attempt> networkAttempts() { return kAttempts; }

}  // namespace hostile
