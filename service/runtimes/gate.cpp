// SPDX-License-Identifier: Apache-2.0
#include "runtimes/gate.h"

#include "governor/controls.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace lull::runtimes {

namespace {

Result<governor::Page*> mapPage(int fd, const std::string& path) {
  void* memory = ::mmap(nullptr, governor::kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return fromErrno("mmap", path);
  return static_cast<governor::Page*>(memory);
}

}  // namespace

Result<Gate> Gate::create(const std::filesystem::path& folder, const std::string& session, const GateOptions& options) {
  auto file = folder / (session + kPageSuffix);
  Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return fromErrno("create", file.native());
  if (::ftruncate(fd.get(), governor::kPageBytes) != 0) return fromErrno("ftruncate", file.native());
  auto page = mapPage(fd.get(), file.native());
  if (!page) return page.error();
  governor::initialise(*page);
  (*page)->inFlightCap.store(options.inFlightCap);
  (*page)->memoryLimitBytes.store(options.memoryLimit);
  (*page)->sliceNs.store(static_cast<std::uint64_t>(options.slice.count()));
  (*page)->leaveWhole.store(options.leaveWhole ? 1 : 0);
  (*page)->heartbeatLimitNs.store(static_cast<std::uint64_t>(options.heartbeatLimit.count()));
  (*page)->graceNs.store(static_cast<std::uint64_t>(options.grace.count()));
  return Gate(std::move(fd), *page, std::move(file));
}

Gate::Gate(Fd fd, governor::Page* page, std::filesystem::path file)
    : m_fd(std::move(fd)), m_page(page), m_guard(page, governor::kPageBytes), m_file(std::move(file)) {}

Gate::Gate(Gate&& other) noexcept
    : m_fd(std::move(other.m_fd)),
      m_page(std::exchange(other.m_page, nullptr)),
      m_guard(std::move(other.m_guard)),
      m_file(std::move(other.m_file)) {}

Gate::~Gate() {
  if (m_page == nullptr) return;
  ::munmap(m_page, governor::kPageBytes);
}

void Gate::open(Instant now) {
  beat(now);
  governor::turnGate(*m_page, true, static_cast<std::uint64_t>(toNs(now)));
}

void Gate::close(Instant now) { governor::turnGate(*m_page, false, static_cast<std::uint64_t>(toNs(now))); }

void Gate::setDuty(std::uint32_t percent) { governor::setDuty(*m_page, percent); }

void Gate::beat(Instant now) { governor::beat(*m_page, static_cast<std::uint64_t>(toNs(now))); }

void Gate::keepCpuTime(std::uint64_t ns) {
  auto* kept = reinterpret_cast<Kept*>(reinterpret_cast<std::byte*>(m_page) + kKeptAt);
  kept->cpuNs.store(ns, std::memory_order_relaxed);
}

bool Gate::isOpen() const { return governor::isOpen(m_page->gate.load(std::memory_order_relaxed)); }

std::optional<Instant> Gate::drainedAt() const {
  const auto word = m_page->gate.load(std::memory_order_seq_cst);
  if (governor::isOpen(word)) return std::nullopt;
  if (m_page->attached.load(std::memory_order_acquire) == 0) return changedAt();
  if (m_page->drained.load(std::memory_order_acquire) != word) return std::nullopt;
  return instantFromNs(static_cast<std::int64_t>(m_page->drainedAtNs.load(std::memory_order_relaxed)));
}

Instant Gate::changedAt() const {
  return instantFromNs(static_cast<std::int64_t>(m_page->gateChangedNs.load(std::memory_order_relaxed)));
}

}  // namespace lull::runtimes
