// SPDX-License-Identifier: Apache-2.0
#include "senses/linux/network.h"

#include "base/log.h"

#include <systemd/sd-bus.h>

#include <google/protobuf/util/message_differencer.h>

#include <cstdint>

namespace lull::senses {

namespace {

constexpr const char* kService = "org.freedesktop.NetworkManager";
constexpr const char* kObject = "/org/freedesktop/NetworkManager";
constexpr const char* kChanged =
    "type='signal',sender='org.freedesktop.NetworkManager',path='/org/freedesktop/NetworkManager',"
    "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',arg0='org.freedesktop.NetworkManager'";
constexpr const char* kCameOrWent =
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',"
    "arg0='org.freedesktop.NetworkManager'";

// NMMetered
enum : std::uint32_t { kYes = 1, kNo = 2, kGuessYes = 3, kGuessNo = 4 };

v1::Network networkOf(std::uint32_t metered) {
  v1::Network out;
  out.set_known(metered >= kYes && metered <= kGuessNo);
  out.set_metered(metered == kYes || metered == kGuessYes);
  if (metered == kYes) out.set_text("NetworkManager says that this connection is metered");
  if (metered == kGuessYes) out.set_text("NetworkManager takes this connection for a metered one");
  if (metered == kNo) out.set_text("NetworkManager says that this connection is not metered");
  if (metered == kGuessNo) out.set_text("NetworkManager takes this connection for one that is not metered");
  return out;
}

}  // namespace

NetworkWatch::NetworkWatch(asio::io_context& loop, std::string busAddress, std::function<void()> changed)
    : m_changed(std::move(changed)),
      m_bus(loop, std::move(busAddress),
            {.opened = [this](sd_bus* bus) { listen(bus); },
             .lost =
                 [this] {
                   m_connection = nullptr;
                   take({});
                 }}) {}

void NetworkWatch::listen(sd_bus* bus) {
  m_connection = bus;
  const auto askAgain = [](sd_bus_message*, void* self, sd_bus_error*) {
    static_cast<NetworkWatch*>(self)->ask();
    return 0;
  };
  for (const char* match : {kChanged, kCameOrWent}) {
    // Without a slot the match lives as long as its connection.
    if (sd_bus_add_match_async(bus, nullptr, match, askAgain, nullptr, this) < 0) log::warning("no word of networks");
  }
  ask();
}

void NetworkWatch::ask() {
  sd_bus_message* call = nullptr;
  if (sd_bus_message_new_method_call(m_connection, &call, kService, kObject, "org.freedesktop.DBus.Properties", "Get") <
      0) {
    return;
  }
  sd_bus_message_set_auto_start(call, 0);  // who does not run it shall not get it from us
  sd_bus_message_append(call, "ss", kService, "Metered");
  const auto answered = [](sd_bus_message* reply, void* self, sd_bus_error*) {
    std::uint32_t metered = 0;
    const bool read =
        sd_bus_message_is_method_error(reply, nullptr) == 0 && sd_bus_message_read(reply, "v", "u", &metered) >= 0;
    static_cast<NetworkWatch*>(self)->take(read ? networkOf(metered) : v1::Network());
    return 0;
  };
  sd_bus_call_async(m_connection, nullptr, call, answered, this, 0);
  sd_bus_message_unref(call);
}

void NetworkWatch::take(v1::Network network) {
  if (google::protobuf::util::MessageDifferencer::Equals(network, m_network)) return;
  m_network = std::move(network);
  m_changed();
}

}  // namespace lull::senses
