// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/state.h"

#include "base/file.h"

#include <nlohmann/json.hpp>

namespace lull::runtimes::llama::training {

using nlohmann::json;

namespace {

constexpr std::size_t kLongest = 16 << 20;

json toJson(const v1::LossPoint& point) {
  return {point.step(), point.has_training() ? json(point.training()) : json(),
          point.has_held_out() ? json(point.held_out()) : json(), point.unix_ms()};
}

v1::LossPoint pointFrom(const json& read) {
  v1::LossPoint out;
  out.set_step(read.at(0));
  if (!read.at(1).is_null()) out.set_training(read.at(1));
  if (!read.at(2).is_null()) out.set_held_out(read.at(2));
  out.set_unix_ms(read.at(3));
  return out;
}

}  // namespace

std::optional<State> loadState(const std::filesystem::path& file, const std::string& task) {
  const auto text = readFile(file, kLongest);
  const auto read = json::parse(text ? *text : "", nullptr, false);
  try {
    State out{.task = read.at("task")};
    if (out.task != task) return {};
    read.at("window").get_to(out.cut.window);
    read.at("windows_a_segment").get_to(out.cut.windows);
    if (out.cut.window == 0 || out.cut.window % kWindowStep != 0 || out.cut.windows == 0) return {};
    read.at("serial").get_to(out.serial);
    read.at("epoch").get_to(out.epoch);
    read.at("segment").get_to(out.segment);
    read.at("of_epoch").get_to(out.ofEpoch);
    read.at("windows").get_to(out.windows);
    read.at("tokens").get_to(out.tokens);
    read.at("measured").get_to(out.measured);
    read.at("loss_sum").get_to(out.lossSum);
    read.at("loss_windows").get_to(out.lossWindows);
    for (const auto& point : read.at("points")) out.points.push_back(pointFrom(point));
    return out;
  } catch (const json::exception&) {
    return {};
  }
}

Outcome save(const State& state, const std::filesystem::path& file) {
  json out{{"task", state.task},         {"window", state.cut.window}, {"windows_a_segment", state.cut.windows},
           {"serial", state.serial},     {"epoch", state.epoch},       {"segment", state.segment},
           {"of_epoch", state.ofEpoch},  {"windows", state.windows},   {"tokens", state.tokens},
           {"measured", state.measured}, {"loss_sum", state.lossSum},  {"loss_windows", state.lossWindows}};
  auto& points = out["points"] = json::array();
  for (const auto& point : state.points) points.push_back(toJson(point));
  return replaceFile(file, out.dump());
}

}  // namespace lull::runtimes::llama::training
