// SPDX-License-Identifier: Apache-2.0
// Text on a terminal: widths, shortening, wrapping.
#include "cli/format.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace lull::cli {

namespace {

struct Glyph {
  char32_t code = 0;
  std::size_t bytes = 1;
};

// A byte that is not UTF-8 counts as one column of its own.
Glyph glyphAt(std::string_view text, std::size_t at) {
  const auto lead = static_cast<std::uint8_t>(text[at]);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || at + length > text.size()) return {.code = 0xFFFD, .bytes = 1};
  if (length == 1) return {.code = lead, .bytes = 1};
  auto code = static_cast<char32_t>(lead & (0xFFU >> (length + 1)));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[at + i]);
    if ((byte & 0xC0U) != 0x80) return {.code = 0xFFFD, .bytes = 1};
    code = (code << 6U) | (byte & 0x3FU);
  }
  return {.code = code, .bytes = length};
}

struct Range {
  char32_t first;
  char32_t last;
};
// Unicode 15, the ranges that matter: combining marks and joiners; East Asian wide and emoji.
constexpr std::array kZeroWidth{Range{0x300, 0x36F},   Range{0x200B, 0x200F}, Range{0x20D0, 0x20FF},
                                Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}, Range{0xFEFF, 0xFEFF}};
constexpr std::array kWide{Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},
                           Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE4F},
                           Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
                           Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};

template <std::size_t n>
bool contains(const std::array<Range, n>& ranges, char32_t code) {
  return std::ranges::any_of(ranges, [code](const Range& r) { return code >= r.first && code <= r.last; });
}

std::size_t columns(char32_t code) {
  if (contains(kZeroWidth, code)) return 0;
  return contains(kWide, code) ? 2 : 1;
}

bool isControl(char32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

}  // namespace

std::size_t displayWidth(std::string_view utf8) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto glyph = glyphAt(utf8, at);
    width += columns(glyph.code);
    at += glyph.bytes;
  }
  return width;
}

std::string shorten(std::string_view utf8, std::size_t width) {
  if (displayWidth(utf8) <= width) return std::string(utf8);
  if (width == 0) return {};
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < utf8.size()) {
    const auto glyph = glyphAt(utf8, at);
    if (used + columns(glyph.code) > width - 1) break;
    used += columns(glyph.code);
    at += glyph.bytes;
  }
  while (at > 0 && utf8[at - 1] == ' ') --at;
  return std::string(utf8.substr(0, at)) + "…";
}

std::string harmless(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    const auto glyph = glyphAt(utf8, at);
    if (isControl(glyph.code)) {
      out += ' ';
    } else if (glyph.code == 0xFFFD) {
      out += "\xEF\xBF\xBD";
    } else {
      out += utf8.substr(at, glyph.bytes);
    }
    at += glyph.bytes;
  }
  return out;
}

std::string harmlessText(std::string_view utf8) {
  std::string out;
  for (std::size_t at = 0; at <= utf8.size();) {
    const auto end = std::min(utf8.find_first_of("\n\t", at), utf8.size());
    out += harmless(utf8.substr(at, end - at));
    if (end < utf8.size()) out += utf8[end];
    at = end + 1;
  }
  return out;
}

std::string wrap(std::string_view utf8, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t used = 0;
  const auto breakLine = [&] {
    out += '\n';
    out.append(indent, ' ');
    used = 0;
  };
  while (!utf8.empty()) {
    const std::size_t end = std::min(utf8.find_first_of(" \n"), utf8.size());
    const auto word = utf8.substr(0, end);
    if (!word.empty()) {
      const std::size_t columnsOfWord = displayWidth(word);
      if (used > 0 && used + 1 + columnsOfWord > width) {
        breakLine();
      } else if (used > 0) {
        out += ' ';
        ++used;
      }
      out += word;
      used += columnsOfWord;
    }
    if (end < utf8.size() && utf8[end] == '\n') breakLine();
    utf8.remove_prefix(std::min(end + 1, utf8.size()));
  }
  return out;
}

}  // namespace lull::cli
