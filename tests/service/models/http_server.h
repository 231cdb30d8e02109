// SPDX-License-Identifier: Apache-2.0
// A web server on 127.0.0.1 with one file, that can be told to misbehave. A thread per connection; one request each.
#pragma once

#include "base/file.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lull::test {

class HttpServer {
public:
  explicit HttpServer(std::string file);
  ~HttpServer();

  [[nodiscard]] std::string url(const std::string& path = "/models/tiny.gguf") const;

  // How the next requests are answered, one each; afterwards as `usual` says.
  struct Behaviour {
    int status = 200;             // of another kind than 200: no file
    std::string location = {};    // with a status of redirection
    std::string headers = {};     // added, each with its "\r\n"
    bool ranges = true;           // heeds Range
    bool length = true;           // says how long the file is
    std::int64_t cutAfter = -1;   // bytes of the body, then the connection is closed
    std::size_t pieceBytes = 0;   // the body in pieces of this size…
    int pieceMs = 0;              // …with this pause between them
    std::string wholeRange = {};  // a Content-Range that lies
    std::string etag = "\"v1\"";
    bool silent = false;  // takes the request and says nothing
  };
  void next(std::vector<Behaviour> behaviours);
  void usual(Behaviour behaviour);
  void file(std::string bytes);

  [[nodiscard]] std::vector<std::string> requests() const;     // heads, as they came
  [[nodiscard]] std::uint64_t sent() const { return m_sent; }  // bytes of bodies

private:
  void accept();
  void serve(int fd);
  void answer(int fd, const std::string& head);
  void sendBody(int fd, std::string_view body, const Behaviour& how);
  bool sendAll(int fd, std::string_view bytes);
  Behaviour take();

  Fd m_listener;
  std::uint16_t m_port = 0;
  mutable std::mutex m_mutex;
  std::string m_file;
  std::deque<Behaviour> m_next;
  Behaviour m_usual;
  std::vector<std::string> m_requests;
  std::vector<std::thread> m_threads;
  std::vector<int> m_open;
  std::atomic<std::uint64_t> m_sent{0};
  std::atomic<bool> m_ending{false};
  std::thread m_acceptor;
};

}  // namespace lull::test
