// SPDX-License-Identifier: Apache-2.0
// The private socket of one governed program: frames in, frames out, for this user only. Never blocks.
#pragma once

#include "base/file.h"
#include "lull/v1/governed.pb.h"
#include "wire/frame.h"

#include <poll.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <string>
#include <vector>

namespace lull::cli {

class Door {
public:
  // <folder>/<our pid>.sock; makes the folder. Sockets there that nobody answers on are removed.
  [[nodiscard]] static Result<Door> open(const std::filesystem::path& folder);
  Door() = default;  // closed for good: nobody comes in
  Door(Door&&) = default;
  Door& operator=(Door&&) = delete;
  ~Door();  // removes the socket

  // What to wait for.
  void addTo(std::vector<pollfd>& fds) const;
  // Lets in, reads, and hands each request to `take` with the number of the guest to answer.
  using Take = std::function<void(std::uint64_t guest, const v1::GovernedRequest& request)>;
  void serve(const Take& take);
  // A guest who has gone is not answered.
  void answer(std::uint64_t guest, const v1::GovernedReply& reply);
  // Waits a moment until what was answered is on its way.
  void flush();

private:
  struct Guest {
    std::uint64_t number = 0;
    Fd fd;
    wire::FrameReader reader;
    std::string out;
    bool gone = false;
  };
  Door(Fd fd, std::filesystem::path path) : m_fd(std::move(fd)), m_path(std::move(path)) {}
  void letIn();
  static void hear(Guest& guest, const Take& take);
  static void speak(Guest& guest);

  Fd m_fd;
  std::filesystem::path m_path;
  std::list<Guest> m_guests;
  std::uint64_t m_lastNumber = 0;
};

// Removes sockets whose keeper has died.
void sweep(const std::filesystem::path& folder);

}  // namespace lull::cli
