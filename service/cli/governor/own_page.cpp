// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/own_page.h"

#include "governor/controls.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace lull::cli {

namespace {

constexpr int kAboveShells = 100;  // bash keeps its own at 255 and scripts use 3 to 9 and some more

Result<Fd> moved(int fd, const char* call) {
  Fd original(fd);
  if (!original) return fromErrno(call);
  const int high = ::fcntl(original.get(), F_DUPFD_CLOEXEC, kAboveShells);
  return high >= 0 ? Fd(high) : std::move(original);  // EINVAL: few descriptors are allowed here
}

std::uint64_t asNs(Instant now) { return static_cast<std::uint64_t>(toNs(now)); }

}  // namespace

Result<OwnPage> OwnPage::create(const Options& options) {
  auto file = moved(::memfd_create("lull-governor-page", MFD_CLOEXEC), "memfd_create");
  if (!file) return file.error();
  auto event = moved(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  if (!event) return event.error();
  if (::ftruncate(file->get(), governor::kPageBytes) != 0) return fromErrno("ftruncate", "the governor page");
  void* memory = ::mmap(nullptr, governor::kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file->get(), 0);
  if (memory == MAP_FAILED) return fromErrno("mmap", "the governor page");
  OwnPage own(*std::move(file), *std::move(event), governor::initialise(memory));
  own.page().dutyPercent.store(options.dutyPercent);
  own.page().memoryLimitBytes.store(options.memoryLimitBytes);
  own.page().sliceNs.store(options.sliceNs);
  own.page().heartbeatLimitNs.store(static_cast<std::uint64_t>(options.heartbeatLimit.count()));
  return own;
}

void OwnPage::Unmap::operator()(governor::Page* page) const { ::munmap(page, governor::kPageBytes); }

void OwnPage::turn(bool open, Instant now) const { governor::turnGate(*m_page, open, asNs(now)); }
void OwnPage::beat(Instant now) const { governor::beat(*m_page, asNs(now)); }
void OwnPage::setDuty(std::uint32_t percent) const { governor::setDuty(*m_page, percent); }

void OwnPage::setMemoryLimit(std::uint64_t bytes) const {
  m_page->memoryLimitBytes.store(bytes);
  governor::wakeGovernor(*m_page);
}

void OwnPage::takeEvents() const {
  std::uint64_t events = 0;
  [[maybe_unused]] const auto n = ::read(m_event.get(), &events, sizeof events);
}

std::optional<Nanoseconds> OwnPage::drained() const {
  const auto now = word();
  if (governor::isOpen(now) || m_page->drained.load() != now) return std::nullopt;
  const std::uint64_t closed = m_page->gateChangedNs.load();
  return Nanoseconds(std::max<std::uint64_t>(m_page->drainedAtNs.load(), closed) - closed);
}

}  // namespace lull::cli
