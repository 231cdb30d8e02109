// SPDX-License-Identifier: Apache-2.0
// The processor is a device among the GPUs: it can compute what llama.cpp does.
#pragma once

#include "lull/v1/status.pb.h"

namespace lull::model {

inline constexpr const char* kProcessorId = "cpu";
inline constexpr const char* kProcessorType = "processor";

[[nodiscard]] inline bool isProcessor(const v1::Gpu& device) { return device.type() == kProcessorType; }

}  // namespace lull::model
