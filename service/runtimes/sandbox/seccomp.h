// SPDX-License-Identifier: Apache-2.0
// What programs inside may ask of the kernel. Two filters, of which the stricter answer counts: one by name (default
// deny: what is not listed does not exist, what is known as dangerous is refused), one by arguments of listed calls.
// Nothing is ever killed for asking: bubblewrap waits for ever when its child dies so.
#pragma once

#include "base/file.h"
#include "base/result.h"

namespace lull::sandbox {

// Programs for the kernel's filter machine, as files at their beginning.
[[nodiscard]] Result<Fd> filterByName();
enum class Cores { Free, Fixed };  // Fixed: it may not choose its processors itself
[[nodiscard]] Result<Fd> filterByArguments(Cores cores);

}  // namespace lull::sandbox
