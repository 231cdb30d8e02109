// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"

#include <google/protobuf/io/coded_stream.h>

#include <array>

namespace lull::wire {

namespace {

constexpr std::size_t kMaxVarint = 4;  // 28 bits hold the cap with room to spare
constexpr std::size_t kKeptCapacity = 64 * 1024;

void appendLength(std::string& out, std::size_t size) {
  std::array<std::uint8_t, kMaxVarint + 1> prefix{};
  const auto* end =
      google::protobuf::io::CodedOutputStream::WriteVarint32ToArray(static_cast<std::uint32_t>(size), prefix.data());
  out.append(reinterpret_cast<const char*>(prefix.data()), static_cast<std::size_t>(end - prefix.data()));
}

Outcome checkSize(std::size_t size) {
  if (size <= kMaxFrame) return {};
  return Error(Error::Kind::TooBig, "a message of " + std::to_string(size) + " bytes exceeds the frame limit of " +
                                        std::to_string(kMaxFrame) + " bytes");
}

}  // namespace

Outcome appendFrame(std::string& out, const google::protobuf::MessageLite& message) {
  const std::size_t size = message.ByteSizeLong();
  if (auto fits = checkSize(size); !fits) return fits;
  appendLength(out, size);
  const std::size_t at = out.size();
  out.resize(at + size);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data() + at));
  return {};
}

Outcome appendFrame(std::string& out, std::string_view first, std::string_view second) {
  const std::size_t size = first.size() + second.size();
  if (auto fits = checkSize(size); !fits) return fits;
  appendLength(out, size);
  out.append(first).append(second);
  return {};
}

void FrameReader::feed(std::string_view bytes) {
  if (m_broken) return;
  if (m_begin > 0) {
    m_buffer.erase(0, m_begin);
    m_begin = 0;
  }
  m_buffer.append(bytes);
}

void FrameReader::release() {
  m_begin = 0;
  m_buffer.clear();
  if (m_buffer.capacity() > kKeptCapacity) m_buffer.shrink_to_fit();
}

Result<std::optional<std::string_view>> FrameReader::next() {
  const auto broken = [this](const char* text) {
    m_broken = true;
    release();
    return Error(Error::Kind::Invalid, text);
  };
  if (m_broken) return broken("the stream is out of step after a malformed frame");
  if (m_begin == m_buffer.size()) release();
  std::size_t length = 0;
  for (std::size_t i = 0;; ++i) {
    if (i == kMaxVarint) return broken("malformed frame length");
    if (m_begin + i >= m_buffer.size()) return std::optional<std::string_view>{};
    const auto byte = static_cast<std::uint8_t>(m_buffer[m_begin + i]);
    length |= static_cast<std::size_t>(byte & 0x7fU) << (7U * i);
    if ((byte & 0x80U) != 0) continue;
    if (length > kMaxFrame) return broken("a frame exceeds the limit of 1 MiB");
    if (m_buffer.size() - m_begin - i - 1 < length) return std::optional<std::string_view>{};
    const std::string_view frame(m_buffer.data() + m_begin + i + 1, length);
    m_begin += i + 1 + length;
    return std::optional(frame);
  }
}

}  // namespace lull::wire
