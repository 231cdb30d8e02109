// SPDX-License-Identifier: Apache-2.0
// lull-gpus: lists the GPUs and ends. The service asks drivers through this process only, since they may hang, crash or
// print nonsense: the answer (one frame holding a lull.v1.Status with its gpus) goes to a descriptor of its own.
#include "senses/gpus/gpus.h"
#include "wire/frame.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace lull;

int descriptorFrom(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "--fd") return -1;
  return std::atoi(argv[2]);
}

bool writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

int run(int fd) {
  const auto gpus = gpus::enumerate();
  if (!gpus) {
    fmt::print(stderr, "{}\n", gpus.error().text());
    return 1;
  }
  v1::Status status;
  for (const auto& gpu : *gpus) *status.add_gpus() = gpu;
  std::string frame;
  if (auto appended = wire::appendFrame(frame, status); !appended) return 1;
  return writeAll(fd, frame) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const int fd = descriptorFrom(argc, argv);
  if (fd < 3) {
    fmt::print(stderr, "usage: lull-gpus --fd NUMBER (started by lulld)\n");
    return 2;
  }
  const int code = run(fd);
  std::fflush(nullptr);
  ::_exit(code);  // the answer is out; drivers that crash while they are unloaded change nothing
}
