// SPDX-License-Identifier: Apache-2.0
// Text from drivers: whatever it holds, it must be shown to people and travel as UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace lull::senses {

// Printable ASCII; everything else becomes "?".
[[nodiscard]] inline std::string plainText(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    if (c < ' ' || c > '~') c = '?';
  }
  return plain;
}

}  // namespace lull::senses
