// SPDX-License-Identifier: Apache-2.0
// What a service tells in situations worth showing.
#pragma once

#include "fakes/fake_service.h"

#include <string_view>
#include <vector>

namespace lull::fakes {

// "working", "answering", "learning", "warm", "resting-hot", "resting-owner", "resting-countdown", "paused", "ready",
// "off", "many-reasons", "long-name", "no-temperature", "no-gpu".
[[nodiscard]] std::vector<std::string_view> sceneNames();
// False if there is no such scene. Sets status, settings and history.
bool play(FakeService& service, std::string_view scene);

}  // namespace lull::fakes
