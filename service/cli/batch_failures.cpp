// SPDX-License-Identifier: Apache-2.0
#include "cli/batch_failures.h"

#include "cli/format.h"

#include <nlohmann/json.hpp>

#include <fstream>

namespace lull::cli {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kTold = 3;
constexpr std::size_t kWidest = 200;
constexpr std::string_view kGood = "\"status_code\":200";

std::string textAt(const Json& json, const Json::json_pointer& place) {
  return json.contains(place) && json.at(place).is_string() ? json.at(place).get<std::string>() : std::string();
}

}  // namespace

std::vector<BatchFailure> failuresIn(const std::filesystem::path& file) {
  std::vector<BatchFailure> out;
  std::ifstream in(file);
  std::string line;
  for (std::uint64_t number = 1; out.size() < kTold && std::getline(in, line); ++number) {
    if (line.find(kGood) != std::string::npos) continue;  // also of an answer that speaks of it: one less is told
    const auto parsed = Json::parse(line, nullptr, false);
    if (!parsed.is_object()) continue;
    auto message = textAt(parsed, Json::json_pointer("/response/body/error/message"));
    if (message.empty()) message = "see there";
    if (const auto name = textAt(parsed, Json::json_pointer("/custom_id")); !name.empty()) {
      message.insert(0, name + ": ");
    }
    out.push_back({.line = number, .text = harmless(shorten(message, kWidest))});
  }
  return out;
}

}  // namespace lull::cli
