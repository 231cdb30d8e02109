// SPDX-License-Identifier: Apache-2.0
// Which parameters of a request are known and what each means for how it is answered. Default deny: what is not listed
// is refused, so nothing a stranger writes reaches llama-server unseen.
#pragma once

#include "runtimes/llama/request.h"

#include <optional>

namespace lull::runtimes::llama {

// Checks request.body, removes what is not passed on, chooses `way` and fills `sampling`.
[[nodiscard]] std::optional<Refusal> takeParameters(Request& request);

}  // namespace lull::runtimes::llama
