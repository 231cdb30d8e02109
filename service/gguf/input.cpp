// SPDX-License-Identifier: Apache-2.0
#include "gguf/input.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lull::gguf {

namespace {

// What only describes a model is small: 100,000 words of a vocabulary take two megabytes.
constexpr std::uint64_t kLongestHeader = 128 << 20;

Outcome readAll(int fd, const std::string& name, std::uint64_t offset, char* into, std::size_t count) {
  for (std::size_t done = 0; done < count;) {
    const auto n = ::pread(fd, into + done, count - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("read", name);
    if (n == 0) return Error(Error::Kind::Io, name + " became shorter while it was read");
    done += static_cast<std::size_t>(n);
  }
  return {};
}

}  // namespace

Source fromMemory(std::string_view bytes) {
  return {.size = bytes.size(), .read = [bytes](std::uint64_t offset, char* into, std::size_t count) -> Outcome {
            if (offset > bytes.size() || count > bytes.size() - offset) {
              return Error(Error::Kind::Internal, "read beyond the end");
            }
            std::memcpy(into, bytes.data() + offset, count);
            return {};
          }};
}

Result<Source> fromFile(int fd, const std::string& name) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return fromErrno("look at", name);
  if (!S_ISREG(about.st_mode)) return Error(Error::Kind::Invalid, name + " is not a file");
  return Source{.size = static_cast<std::uint64_t>(about.st_size),
                .read = [fd, name](std::uint64_t offset, char* into, std::size_t count) {
                  return readAll(fd, name, offset, into, count);
                }};
}

void Input::fail(std::string why) {
  if (!m_error) m_error.emplace(Error::Kind::Invalid, std::move(why));
}

bool Input::fill() {
  m_bufferAt = m_at;
  m_buffered = static_cast<std::size_t>(std::min<std::uint64_t>(m_buffer.size(), left()));
  if (auto read = m_source.read(m_at, m_buffer.data(), m_buffered); !read) {
    if (!m_error) m_error = read.error();
    m_buffered = 0;
  }
  return !failed();
}

void Input::take(char* into, std::size_t count) {
  if (count > left()) fail(fmt::format("the file is cut off: it ends at byte {}", size()));
  if (failed()) return;
  for (std::size_t done = 0; done < count;) {
    const bool inside = m_at >= m_bufferAt && m_at < m_bufferAt + m_buffered;
    if (!inside && !fill()) {
      std::memset(into, 0, count);
      return;
    }
    const auto from = static_cast<std::size_t>(m_at - m_bufferAt);
    const auto step = std::min(count - done, m_buffered - from);
    std::memcpy(into + done, m_buffer.data() + from, step);
    done += step;
    m_at += step;
  }
}

void Input::skip(std::uint64_t count) {
  if (count > left()) fail(fmt::format("the file is cut off: it ends at byte {}", size()));
  if (failed()) return;
  m_at += count;
  if (m_at > kLongestHeader) fail("what describes the model is longer than 128 MiB");
}

std::string Input::text(std::uint64_t most, std::size_t keep) {
  const auto length = number<std::uint64_t>();
  if (length > most) fail(fmt::format("a text of {} bytes at byte {}: at most {} are allowed", length, m_at, most));
  if (length > left()) fail(fmt::format("the file is cut off: a text of {} bytes at byte {}", length, m_at));
  if (failed()) return {};
  std::string out(static_cast<std::size_t>(std::min<std::uint64_t>(length, keep)), '\0');
  take(out.data(), out.size());
  skip(length - out.size());
  return out;
}

void Input::skipText(std::uint64_t most) { static_cast<void>(text(most, 0)); }

}  // namespace lull::gguf
