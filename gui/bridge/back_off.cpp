// SPDX-License-Identifier: Apache-2.0
#include "bridge/back_off.h"

#include <algorithm>
#include <utility>

namespace lull::bridge {

std::chrono::milliseconds BackOff::next() { return std::exchange(m_next, std::min(m_next * 2, m_longest)); }

}  // namespace lull::bridge
