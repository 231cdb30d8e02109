// SPDX-License-Identifier: Apache-2.0
// Text that came from outside (file names, drivers) may be any bytes; a protobuf string must be UTF-8, or the other
// side refuses the whole frame.
#pragma once

#include <string>
#include <string_view>

namespace lull {

// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string validUtf8(std::string_view text);
// The longest beginning of at most `limit` bytes that cuts no character in two.
[[nodiscard]] std::string_view cutUtf8(std::string_view text, std::size_t limit);

}  // namespace lull
