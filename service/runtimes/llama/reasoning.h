// SPDX-License-Identifier: Apache-2.0
// What a reasoning model (DeepSeek-R1 and its distills, Qwen3, QwQ) thinks is told apart from what it answers, as
// llama-server does for their templates (--reasoning-format deepseek).
#pragma once

#include <string>
#include <string_view>

namespace lull::runtimes::llama {

struct Spoken {
  std::string reasoning;  // empty: it did not think aloud
  std::string content;
};

// False: models of this chat template think, or call tools, between marks of their own, which only llama-server can
// tell apart.
[[nodiscard]] bool canTellApart(std::string_view chatTemplate);
// `prompt`: what the template made; where it ends inside the thinking, the answer begins there.
[[nodiscard]] Spoken toldApart(std::string_view prompt, std::string_view answer);

}  // namespace lull::runtimes::llama
