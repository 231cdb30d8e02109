// SPDX-License-Identifier: Apache-2.0
// The real IPC server over FakeRequests, on a loop and thread of its own, with a private folder.
#pragma once

#include "base/time.h"
#include "fakes/fake_requests.h"
#include "fakes/ipc_client.h"
#include "ipc/server.h"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

namespace lull::test {

class Served {
public:
  // Ends the test program when the server cannot be made. `options.socket` is filled in.
  explicit Served(ipc::ServerOptions options = {});
  ~Served();
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  [[nodiscard]] const std::filesystem::path& socket() const { return m_socket; }
  [[nodiscard]] FakeRequests& requests() { return *m_requests; }
  // Runs `work` on the loop's thread and waits for it.
  void on(const std::function<void()>& work);
  void publish(const v1::Status& status);
  // Connected and greeted.
  [[nodiscard]] IpcClient client();

private:
  std::filesystem::path m_folder;
  std::filesystem::path m_socket;
  asio::io_context m_loop;
  asio::executor_work_guard<asio::io_context::executor_type> m_work;
  std::unique_ptr<FakeRequests> m_requests;
  std::unique_ptr<ipc::Server> m_server;
  std::thread m_thread;
};

// Waits, with a generous bound, until `condition` holds; its last answer.
[[nodiscard]] bool eventually(const std::function<bool()>& condition, Milliseconds bound = kBound);

}  // namespace lull::test
