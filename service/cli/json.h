// SPDX-License-Identifier: Apache-2.0
// The protobuf JSON mapping as `--json` prints it: field names as in the .proto, zeros written out, one line.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace lull::cli {

[[nodiscard]] std::string toJson(const google::protobuf::Message& message);
// {"error":{"kind":…,"message":…}}
[[nodiscard]] std::string errorJson(std::string_view kind, std::string_view message);

}  // namespace lull::cli
