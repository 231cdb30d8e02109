// SPDX-License-Identifier: Apache-2.0
#include "senses/linux/bus.h"

#include "base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <cstdlib>

namespace lull::senses {

namespace {

constexpr std::chrono::seconds kLongestPause{60};
constexpr const char* kSystemBus = "unix:path=/run/dbus/system_bus_socket";

Error failed(int code, const std::string& step) {
  errno = -code;
  return fromErrno(step);
}

std::string usual() {
  const char* told = std::getenv("DBUS_SYSTEM_BUS_ADDRESS");
  return told != nullptr && *told != '\0' ? told : kSystemBus;
}

}  // namespace

void Bus::Closer::operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }

Bus::Bus(asio::io_context& loop, std::string address, Events events)
    : m_address(address.empty() ? usual() : std::move(address)),
      m_events(std::move(events)),
      m_socket(loop),
      m_timeout(loop),
      m_again(loop) {}

Bus::~Bus() = default;

void Bus::start() {
  m_again.expires_after(std::chrono::seconds(0));
  m_again.async_wait([this, life = std::weak_ptr(m_life)](asio::error_code code) {
    if (!code && !life.expired()) open();
  });
}

void Bus::open() {
  if (auto opened = tryOpen(); !opened) return lose(opened.error().text());
  m_events.opened(m_bus.get());
  drive();
}

Outcome Bus::tryOpen() {
  sd_bus* bus = nullptr;
  if (const int made = sd_bus_new(&bus); made < 0) return failed(made, "make a connection to the bus");
  m_bus.reset(bus);
  if (const int set = sd_bus_set_address(bus, m_address.c_str()); set < 0) return failed(set, "use " + m_address);
  if (const int set = sd_bus_set_bus_client(bus, 1); set < 0) return failed(set, "be a client of the bus");
  if (const int begun = sd_bus_start(bus); begun < 0) return failed(begun, "connect to " + m_address);
  const int own = sd_bus_get_fd(bus);
  const int second = own < 0 ? -1 : ::fcntl(own, F_DUPFD_CLOEXEC, 3);
  if (second < 0) return fromErrno("watch the bus");
  m_socket.assign(second);
  return {};
}

void Bus::drive() {
  for (;;) {
    const int processed = sd_bus_process(m_bus.get(), nullptr);
    if (processed < 0) return lose(failed(processed, "talk to the bus").text());
    if (processed == 0) break;
    if (sd_bus_is_ready(m_bus.get()) > 0) m_pause = std::chrono::seconds(1);
  }
  wait();
}

void Bus::wait() {
  // What was armed before is armed anew: whichever comes first drives, and cancels the rest.
  m_socket.cancel();
  m_timeout.cancel();
  const auto come = [this, life = std::weak_ptr(m_life)](asio::error_code code) {
    if (!code && !life.expired() && m_bus) drive();
  };
  const int events = sd_bus_get_events(m_bus.get());
  if (events < 0) return lose(failed(events, "watch the bus").text());
  if ((events & POLLIN) != 0) m_socket.async_wait(asio::posix::stream_descriptor::wait_read, come);
  if ((events & POLLOUT) != 0) m_socket.async_wait(asio::posix::stream_descriptor::wait_write, come);
  std::uint64_t until = 0;  // CLOCK_MONOTONIC, as steady_clock
  if (sd_bus_get_timeout(m_bus.get(), &until) < 0 || until == UINT64_MAX) return;
  m_timeout.expires_at(std::chrono::steady_clock::time_point(std::chrono::microseconds(until)));
  m_timeout.async_wait(come);
}

void Bus::lose(const std::string& why) {
  if (!m_told) log::info("no message bus: {}", why);
  m_told = true;
  asio::error_code ignored;
  m_socket.close(ignored);
  m_timeout.cancel();
  m_bus.reset();
  m_events.lost();
  m_again.expires_after(m_pause);
  m_pause = std::min(m_pause * 2, kLongestPause);
  m_again.async_wait([this, life = std::weak_ptr(m_life)](asio::error_code code) {
    if (!code && !life.expired()) open();
  });
}

}  // namespace lull::senses
