// SPDX-License-Identifier: Apache-2.0
// Whether the traffic of this computer's connection is metered, as NetworkManager tells it: the property Metered of
// org.freedesktop.NetworkManager (NMMetered: yes, no, or a guess at either). It is told of changes, and never asks
// again by itself. A computer without NetworkManager does not know.
#pragma once

#include "lull/v1/status.pb.h"
#include "senses/linux/bus.h"

#include <functional>
#include <memory>
#include <string>

struct sd_bus_slot;

namespace lull::senses {

class NetworkWatch {
public:
  // `changed` is called on the loop.
  NetworkWatch(asio::io_context& loop, std::string busAddress, std::function<void()> changed);
  void start() { m_bus.start(); }
  [[nodiscard]] const v1::Network& network() const { return m_network; }

private:
  void listen(sd_bus* bus);
  void ask();
  void take(v1::Network network);

  const std::function<void()> m_changed;
  sd_bus* m_connection = nullptr;  // while it is open
  v1::Network m_network;
  Bus m_bus;
};

}  // namespace lull::senses
