// SPDX-License-Identifier: Apache-2.0
// Why this computer lets no program into a sandbox, for people.
#pragma once

#include <filesystem>
#include <string>

namespace lull::sandbox {

// One sentence and what to do, from what the system tells of itself; when nothing there explains it, `symptom` is
// what bubblewrap said.
[[nodiscard]] std::string whyNoSandbox(const std::string& symptom = {}, const std::filesystem::path& proc = "/proc");

}  // namespace lull::sandbox
