// SPDX-License-Identifier: Apache-2.0
// Where a model may be fetched from: https:// anywhere, http:// from 127.0.0.1 only (then nobody is on the way).
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace lull::models {

// Invalid with what is wrong. Also asked of every redirection: a page elsewhere must not lead to this computer.
[[nodiscard]] Outcome checkAddress(std::string_view url);
[[nodiscard]] bool isLocal(std::string_view url);  // http://127.0.0.1
// Without query and fragment, which may hold secrets of who asked.
[[nodiscard]] std::string shownAddress(std::string_view url);
// The last part of the path without ".gguf": "qwen2-0.5b-q4_k_m"; "model" when there is none.
[[nodiscard]] std::string nameIn(std::string_view pathOrUrl);

}  // namespace lull::models
