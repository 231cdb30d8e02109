// SPDX-License-Identifier: Apache-2.0
// SHA-256 of bytes as they come, and of files. The library behind it (nettle) stays inside sha256.cpp.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace lull {

class Sha256 {
public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::string_view bytes);
  void update(const void* bytes, std::size_t size);
  // The digest of all bytes so far as 64 lower-case hex digits; then begins anew.
  [[nodiscard]] std::string hex();

private:
  struct State;
  std::unique_ptr<State> m_state;
};

[[nodiscard]] std::string sha256(std::string_view bytes);
// Reads in chunks, whatever the size.
[[nodiscard]] Result<std::string> sha256OfFile(const std::filesystem::path& path);
// 64 lower-case hex digits: what a content address looks like, and safe as a file name.
[[nodiscard]] bool isSha256(std::string_view text);

}  // namespace lull
