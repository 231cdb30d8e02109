// SPDX-License-Identifier: Apache-2.0
#include "senses/owner_presence.h"

#include "base/log.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace lull::senses {

namespace {

using Source = model::Presence::Source;

constexpr Seconds kFirstDelay{1};
constexpr Seconds kLongestDelay{60};
constexpr int kTheirPipe = 3;

bool isOurs(const presence::Record& record) {
  return record.magic == presence::kRecordMagic && record.version == presence::kRecordVersion;
}

// The kernel knows input devices that the door does not show: a sandbox hides them.
bool kernelHasInputDevices(const std::filesystem::path& sys) {
  std::error_code error;
  std::filesystem::directory_iterator entry(sys / "class/input", error);
  while (!error && entry != std::filesystem::directory_iterator{}) {
    if (entry->path().filename().native().starts_with("event")) return true;
    entry.increment(error);
  }
  return false;
}

std::string unreadableText(const presence::Record& record) {
  const std::string why = std::generic_category().message(record.reason);
  const std::string remedy = record.reason == EACCES || record.reason == EPERM
                                 ? ": let the service's user join the group “input”, then restart the service"
                                 : "";
  const auto all = record.devices + record.unreadable;
  if (record.devices == 0) return fmt::format("no input device can be read ({}){}", why, remedy);
  return fmt::format("{} of {} input devices cannot be read ({}){}", record.unreadable, all, why, remedy);
}

}  // namespace

OwnerPresence::OwnerPresence(asio::io_context& loop, const Clock& clock, const Doors& doors,
                             std::function<void()> changed)
    : m_loop(loop),
      m_clock(clock),
      m_doors(doors),
      m_changed(std::move(changed)),
      m_pipe(loop),
      m_again(loop),
      m_delay(kFirstDelay) {}

void OwnerPresence::start() {
  m_startedAt = m_clock.now().instant;
  m_have = 0;
  auto pipe = process::makePipe();
  if (!pipe) return lost(pipe.error().text());
  const process::Launch launch{.program = m_doors.presenceProgram,
                               .arguments = {"--input", m_doors.input.native(), "--fd", std::to_string(kTheirPipe)},
                               .environment = {},
                               .descriptors = {{.ours = pipe->write.get(), .theirs = kTheirPipe}},
                               .folder = m_doors.homeless,
                               .nice = 0};
  auto child = process::Child::start(m_loop, launch, [this](const process::Exit& exit) {
    lost("the program that watches input devices " + process::describe(exit));
  });
  if (!child) return lost(child.error().text());
  m_child = std::move(*child);
  std::error_code error;
  m_pipe.assign(pipe->read.get(), error);
  if (error) return lost("watching lull-presence: " + error.message());
  static_cast<void>(pipe->read.release());
  readOn();
}

void OwnerPresence::readOn() {
  auto* bytes = reinterpret_cast<char*>(m_records.data());
  const auto room = asio::buffer(bytes + m_have, sizeof m_records - m_have);
  m_pipe.async_read_some(room, [this, life = std::weak_ptr(m_life)](const std::error_code& error, std::size_t count) {
    if (error == asio::error::operation_aborted || life.expired()) return;
    if (error) return m_child ? m_child->kill() : void();  // its end is told by onExit
    m_have += count;
    const std::size_t whole = m_have / sizeof(presence::Record);
    if (whole > 0) {
      const presence::Record newest = m_records[whole - 1];  // each holds all there is to know
      m_have -= whole * sizeof newest;
      std::memmove(m_records.data(), m_records.data() + whole, m_have);
      take(newest);
    }
    if (m_child) readOn();
  });
}

void OwnerPresence::take(const presence::Record& record) {
  if (!isOurs(record)) return lost("lull-presence is of another version than the service: restart the service");
  takeDevices(record);
  if (record.activityNs > 0) {
    const Instant when = std::min(instantFromNs(record.activityNs), m_clock.now().instant);
    m_presence.lastActivity = std::max(m_presence.lastActivity.value_or(when), when);
  }
  m_changed();
}

void OwnerPresence::takeDevices(const presence::Record& record) {
  const Source before = m_presence.source;
  m_presence.devices = record.devices;
  m_presence.trouble = record.unreadable > 0 ? unreadableText(record) : std::string();
  if (record.devices > 0) {
    m_presence.source = Source::Watching;
  } else if (record.unreadable > 0) {
    m_presence.source = Source::Unknown;
  } else if (record.ignored == 0 && kernelHasInputDevices(m_doors.sys)) {
    m_presence.source = Source::Unknown;
    m_presence.trouble = "the kernel has input devices, but " + m_doors.input.native() + " does not show them to Lull";
  } else {
    m_presence.source = Source::Unattended;
  }
  if (m_presence.source == before) return;
  m_presence.since = m_clock.now().instant;
  if (!m_presence.trouble.empty()) log::warning("presence: {}", m_presence.trouble);
}

void OwnerPresence::lost(std::string trouble) {
  if (m_clock.now().instant - m_startedAt > kLongestDelay) m_delay = kFirstDelay;
  log::warning("presence: {}; trying again in {} s", trouble, m_delay.count());
  m_life = std::make_shared<int>();
  m_child.reset();
  std::error_code ignored;
  m_pipe.close(ignored);
  m_presence.source = Source::Unknown;
  m_presence.trouble = std::move(trouble);
  m_presence.devices = 0;
  m_again.expires_after(m_delay);
  m_again.async_wait([this, life = std::weak_ptr(m_life)](const std::error_code& error) {
    if (!error && !life.expired()) start();
  });
  m_delay = std::min(m_delay * 2, kLongestDelay);
  m_changed();
}

}  // namespace lull::senses
