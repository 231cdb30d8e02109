// SPDX-License-Identifier: Apache-2.0
// Length-delimited frames: varint length (unsigned LEB128), then that many bytes. Pure: no socket, no thread.
// Source: the delimited format of google/protobuf/util/delimited_message_util.h, with a cap.
#pragma once

#include "base/result.h"

#include <google/protobuf/message_lite.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::wire {

inline constexpr std::size_t kMaxFrame = 1 << 20;
inline constexpr std::uint32_t kMinVersion = 1;
inline constexpr std::uint32_t kMaxVersion = 1;
inline constexpr std::size_t kMaxChunk = 512 * 1024;  // of PutBlob and ReadResult

// Appends one frame. TooBig above the cap; `out` is unchanged then.
[[nodiscard]] Outcome appendFrame(std::string& out, const google::protobuf::MessageLite& message);
// The same for a message that is serialised already, in two parts: serialised messages one after the other read as
// their merge.
[[nodiscard]] Outcome appendFrame(std::string& out, std::string_view first, std::string_view second);

// Takes bytes as they come and gives out whole frames. After an error (a length above the cap or malformed) it stays
// in error and holds nothing: the stream cannot be resynchronised. Holds at most one frame and what was fed beyond it;
// once all frames are taken, next() gives the memory of large ones back.
class FrameReader {
public:
  void feed(std::string_view bytes);
  // The next whole frame's bytes, valid until the next call of feed or next; nullopt: more bytes are needed.
  [[nodiscard]] Result<std::optional<std::string_view>> next();
  [[nodiscard]] bool hasPartialFrame() const { return m_begin < m_buffer.size(); }

private:
  void release();

  std::string m_buffer;
  std::size_t m_begin = 0;
  bool m_broken = false;
};

}  // namespace lull::wire
