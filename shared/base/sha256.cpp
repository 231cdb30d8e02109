// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"

#include "base/file.h"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace lull {

struct Sha256::State {
  sha256_ctx context{};
};

Sha256::Sha256() : m_state(std::make_unique<State>()) { sha256_init(&m_state->context); }
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) { update(bytes.data(), bytes.size()); }

void Sha256::update(const void* bytes, std::size_t size) {
  sha256_update(&m_state->context, size, static_cast<const std::uint8_t*>(bytes));
}

std::string Sha256::hex() {
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&m_state->context, digest.size(), digest.data());
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xfU];
  }
  return text;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

Result<std::string> sha256OfFile(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fromErrno("open", path.native());
  Sha256 hash;
  std::vector<char> chunk(256 * 1024);
  for (;;) {
    const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("read", path.native());
    if (n == 0) return hash.hex();
    hash.update(chunk.data(), static_cast<std::size_t>(n));
  }
}

bool isSha256(std::string_view text) {
  return text.size() == 2 * SHA256_DIGEST_SIZE &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace lull
