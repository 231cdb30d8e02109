// SPDX-License-Identifier: Apache-2.0
// PNG (ISO/IEC 15948): signature, IHDR, one IDAT, IEND.
#include "check/png.h"

#include <zlib.h>

#include <string_view>

namespace lull::samples {

namespace {

void appendBigEndian(std::string& out, std::uint32_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xffU);
}

void appendChunk(std::string& out, std::string_view type, std::string_view data) {
  appendBigEndian(out, static_cast<std::uint32_t>(data.size()));
  const std::size_t from = out.size();
  out += type;
  out += data;
  const auto* bytes = reinterpret_cast<const Bytef*>(out.data() + from);
  appendBigEndian(out, static_cast<std::uint32_t>(crc32(0, bytes, static_cast<uInt>(out.size() - from))));
}

// Each byte as its difference to the pixel on the left (filter 1), which compresses pictures well.
std::string filteredRows(const Picture& picture) {
  std::string rows;
  rows.reserve((std::size_t{3} * picture.width + 1) * picture.height);
  for (std::uint32_t y = 0; y < picture.height; ++y) {
    rows += '\1';
    const std::uint8_t* row = picture.rgba.data() + std::size_t{4} * picture.width * y;
    for (std::uint32_t x = 0; x < picture.width; ++x) {
      for (std::uint32_t channel = 0; channel < 3; ++channel) {
        const int left = x > 0 ? row[4 * (x - 1) + channel] : 0;
        rows += static_cast<char>(row[4 * x + channel] - left);
      }
    }
  }
  return rows;
}

}  // namespace

std::string pngOf(const Picture& picture) {
  const std::string rows = filteredRows(picture);
  uLongf size = compressBound(static_cast<uLong>(rows.size()));
  std::string packed(size, '\0');
  const auto result = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                                reinterpret_cast<const Bytef*>(rows.data()), static_cast<uLong>(rows.size()), 6);
  if (result != Z_OK) return {};
  packed.resize(size);
  std::string header;
  appendBigEndian(header, picture.width);
  appendBigEndian(header, picture.height);
  header += std::string_view("\x8\x2\0\0\0", 5);  // 8 bits, RGB, no interlace
  std::string out("\x89PNG\r\n\x1a\n");
  appendChunk(out, "IHDR", header);
  appendChunk(out, "IDAT", packed);
  appendChunk(out, "IEND", {});
  return out;
}

}  // namespace lull::samples
