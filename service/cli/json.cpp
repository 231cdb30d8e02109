// SPDX-License-Identifier: Apache-2.0
#include "cli/json.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

namespace lull::cli {

std::string toJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) return errorJson("internal", status.ToString());
  return text;
}

std::string errorJson(std::string_view kind, std::string_view message) {
  const nlohmann::ordered_json document{{"error", {{"kind", kind}, {"message", message}}}};
  // Text from files and arguments need not be UTF-8.
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace lull::cli
