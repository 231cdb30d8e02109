// SPDX-License-Identifier: Apache-2.0
// The one honest sentence: what the device is doing and why, in the reader's language.
#pragma once

#include "base/time.h"
#include "lull/v1/status.pb.h"

#include <QString>

#include <optional>
#include <vector>

namespace lull::models {

struct Sentence {
  QString state;                    // "Working"
  QString because;                  // "nobody has touched this computer for 12 minutes"; may be empty
  std::optional<UnixMs> changesAt;  // when it would read differently without any news

  [[nodiscard]] QString whole() const;  // "Working: nobody has touched this computer for 12 minutes"
};

[[nodiscard]] Sentence sentence(const v1::Status& status, UnixMs now);

// One reason of the status, and the GPU it holds for when there are several.
struct HeldBy {
  const v1::Reason* reason = nullptr;
  QString gpu;
};
// All reasons of all GPUs, also those that only lower the share that is lent: the strictest first, each once when it
// holds for all. Points into `status`.
[[nodiscard]] std::vector<HeldBy> allReasons(const v1::Status& status);

// What a reason says, in the reader's language: "the GPU is at 84 °C, will go on below 75 °C". Rules this dashboard
// does not know are told in the service's English.
struct ReasonText {
  QString text;
  std::optional<UnixMs> changesAt;
};
[[nodiscard]] ReasonText reasonText(const v1::Reason& reason, const v1::Status& status, UnixMs now);

}  // namespace lull::models
