// SPDX-License-Identifier: Apache-2.0
// lull-sandbox-check --fd NUMBER [SOCKET]: tries the sandbox once, for `lull doctor`. Writes one sentence and what to
// do when it does not work; else '+' and how the service that listens on the socket, if one does, has limits held.
#include "base/file.h"
#include "runtimes/sandbox/ground.h"
#include "runtimes/sandbox/trial.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include <cstdlib>
#include <string_view>

using namespace lull;

namespace {

// Who listens there; 0: nobody.
long listenerOn(const std::string& socketName) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socketName.empty() || socketName.size() >= sizeof address.sun_path) return 0;
  std::memcpy(address.sun_path, socketName.data(), socketName.size());
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ucred who{};
  socklen_t size = sizeof who;
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 0;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4 || std::string_view(argv[1]) != "--fd") return 2;
  const int answer = std::atoi(argv[2]);
  std::error_code code;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", code).parent_path();
  if (code) return 2;
  asio::io_context loop;
  sandbox::Trial trial(loop, own);
  bool told = false;
  const auto service = listenerOn(argc == 4 ? argv[3] : "");
  trial.begin([&](const std::string& refusal) {
    auto text = refusal;
    if (refusal.empty()) text = '+' + (service > 0 ? sandbox::describeGroundOf(service) : std::string());
    told = ::write(answer, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  });
  loop.run();
  return told ? 0 : 1;
}
