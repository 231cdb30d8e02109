// SPDX-License-Identifier: Apache-2.0
// A connection to a message bus (D-Bus, through libsystemd), driven by the loop. It comes back by itself when it was
// lost, or could not be had: after a second first, after a minute at most.
#pragma once

#include "base/result.h"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

struct sd_bus;

namespace lull::senses {

class Bus {
public:
  struct Events {
    std::function<void(sd_bus*)> opened;  // place matches and calls now; they go out once the bus has said hello
    std::function<void()> lost;           // whatever was placed is gone
  };
  // `address` as D-Bus writes them ("unix:path=…"); empty: this computer's system bus. Both are called on the loop,
  // never from inside the constructor or start().
  Bus(asio::io_context& loop, std::string address, Events events);
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  void start();

private:
  struct Closer {
    void operator()(sd_bus* bus) const;
  };
  void open();
  [[nodiscard]] Outcome tryOpen();
  void drive();
  void wait();
  void lose(const std::string& why);

  const std::string m_address;
  const Events m_events;
  std::unique_ptr<sd_bus, Closer> m_bus;
  asio::posix::stream_descriptor m_socket;  // a second descriptor of the same: the first is the library's
  asio::steady_timer m_timeout;
  asio::steady_timer m_again;
  std::chrono::seconds m_pause{1};
  bool m_told = false;                                    // that it cannot be had: once is enough
  std::shared_ptr<int> m_life = std::make_shared<int>();  // completions that are queued already find it gone
};

}  // namespace lull::senses
