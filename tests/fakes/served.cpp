// SPDX-License-Identifier: Apache-2.0
#include "fakes/served.h"

#include <asio/post.hpp>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <utility>

namespace lull::test {

namespace {

std::filesystem::path privateFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "lull-test-XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

}  // namespace

Served::Served(ipc::ServerOptions options)
    : m_folder(privateFolder()), m_socket(m_folder / "lulld.sock"), m_loop(1), m_work(m_loop.get_executor()) {
  if (options.mode == ipc::Mode::System) {  // others must be able to reach the socket
    std::filesystem::permissions(m_folder, static_cast<std::filesystem::perms>(0755));
  }
  m_requests = std::make_unique<FakeRequests>(m_folder / "settings.json");
  options.socket = m_socket;
  auto server = ipc::Server::create(m_loop, std::move(options), *m_requests);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().text().c_str());
    std::abort();
  }
  m_server = std::move(*server);
  m_requests->publish = [this](const v1::Status& status) { m_server->publish(status); };
  m_server->publish(m_requests->status);
  m_thread = std::thread([this] { m_loop.run(); });
}

Served::~Served() {
  on([this] { m_server.reset(); });
  m_work.reset();
  m_thread.join();  // nothing of the server keeps the loop busy
  std::error_code ignored;
  std::filesystem::remove_all(m_folder, ignored);
}

void Served::on(const std::function<void()>& work) {
  std::promise<void> done;
  asio::post(m_loop, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void Served::publish(const v1::Status& status) {
  on([&] { m_server->publish(status); });
}

IpcClient Served::client() {
  auto client = IpcClient::open(m_socket);
  if (!client) {
    std::fprintf(stderr, "%s\n", client.error().text().c_str());
    std::abort();
  }
  return std::move(*client);
}

bool eventually(const std::function<bool()>& condition, Milliseconds bound) {
  const SystemClock clock;
  const auto until = clock.now().instant + bound;
  while (!condition()) {
    if (clock.now().instant >= until) return condition();
    std::this_thread::sleep_for(Milliseconds(2));  // between looks at the condition
  }
  return true;
}

}  // namespace lull::test
