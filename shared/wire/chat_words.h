// SPDX-License-Identifier: Apache-2.0
// What a program has to know of an answer that did not come: the beginning of the sentence that says why.
#pragma once

#include <string_view>

namespace lull::wire {

// Of AskEvent.error: fewer of the old messages, and the question may be asked again.
inline constexpr std::string_view kConversationTooLong = "The conversation does not fit the model's context any more";

// The model had to leave the GPU in the middle of its answer: the question may be asked again.
inline constexpr std::string_view kAnswerInterrupted = "The answer was interrupted";

}  // namespace lull::wire
