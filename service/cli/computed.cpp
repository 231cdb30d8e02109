// SPDX-License-Identifier: Apache-2.0
#include "cli/computed.h"

#include "cli/format.h"
#include "cli/plot.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lull::cli {

namespace {

constexpr std::uint64_t kTooShortForASpeed = 1'000'000'000;
constexpr std::size_t kAxis = 14;  // columns kept for the plot's labels
constexpr std::size_t kWidest = 100;
constexpr std::size_t kHeight = 5;

using Curve = std::vector<v1::Point>;  // the step in place of the instant

Curve trainingOf(const v1::Task& task) {
  Curve out;
  for (const auto& loss : task.losses()) {
    if (!loss.has_training()) continue;
    out.emplace_back().set_unix_ms(static_cast<std::int64_t>(loss.step()));
    out.back().set_value(loss.training());
  }
  return out;
}

Curve heldOutOf(const v1::Task& task) {
  Curve out;
  for (const auto& loss : task.losses()) {
    if (!loss.has_held_out()) continue;
    out.emplace_back().set_unix_ms(static_cast<std::int64_t>(loss.step()));
    out.back().set_value(loss.held_out());
  }
  return out;
}

std::string lossText(double loss) { return fmt::format("{:.4g}", loss); }

std::string samples(std::int64_t step) {
  return step == 1 ? "1 sample" : grouped(static_cast<std::uint64_t>(step)) + " samples";
}

std::string endsText(const Curve& curve) {
  if (curve.empty()) return {};
  const auto last = fmt::format("{} after {}", lossText(curve.back().value()), samples(curve.back().unix_ms()));
  return curve.size() == 1 ? last : fmt::format("{} at first, {}", lossText(curve.front().value()), last);
}

// A loss is the mean since the point before: it stands for all columns up to its own. The first has a column too.
Curve inColumns(const Curve& curve, std::size_t columns) {
  Curve out;
  const double from = static_cast<double>(curve.front().unix_ms());
  const double each = (static_cast<double>(curve.back().unix_ms()) - from) / static_cast<double>(columns);
  auto next = curve.begin();
  for (std::size_t column = 0; column < columns; ++column) {
    const double middle = from + (static_cast<double>(column) + 0.5) * each;
    while (column > 0 && next + 1 != curve.end() && static_cast<double>(next->unix_ms()) < middle) ++next;
    out.push_back(*next);
    out.back().set_unix_ms(static_cast<std::int64_t>(2 * column + 1));  // its middle
  }
  return out;
}

std::string curveText(const std::string& title, const Curve& curve, const Terminal& terminal) {
  if (curve.size() < 2) return {};
  const auto width = std::min(std::max<std::size_t>(terminal.width(), kAxis + 10) - kAxis, kWidest);
  const auto end = [&](UnixMs at) { return samples((at == 0 ? curve.front() : curve.back()).unix_ms()); };
  const PlotFrame frame{.from = 0,
                        .to = static_cast<UnixMs>(2 * width),
                        .width = width,
                        .height = kHeight,
                        .label = [](double value) { return value == 0 ? std::string("0") : lossText(value); },
                        .end = end};
  return "\n" + terminal.paint(Colour::Bold, title) + "\n" + plot(inColumns(curve, width), frame);
}

}  // namespace

bool isProcessor(const v1::Gpu& gpu) { return gpu.type() == "processor"; }

bool isOnProcessor(const v1::Status& status, const std::string& task) {
  return std::ranges::any_of(status.gpus(),
                             [&](const v1::Gpu& gpu) { return gpu.task_id() == task && isProcessor(gpu); });
}

std::string tokensText(const v1::TokenUsage& usage) {
  if (usage.prompt() == 0 && usage.completion() == 0) return {};
  return fmt::format("{} read, {} written", grouped(usage.prompt()), grouped(usage.completion()));
}

std::string requestsText(const v1::TokenUsage& usage) {
  if (usage.requests() == 0 && usage.requests_failed() == 0) return {};
  auto text = grouped(usage.requests()) + " answered";
  if (usage.requests_failed() > 0) text += fmt::format(", {} failed", grouped(usage.requests_failed()));
  return text;
}

std::string speedText(const v1::Task& task) {
  const bool writes = task.usage().completion() > 0;
  const auto tokens = writes ? task.usage().completion() : task.usage().prompt();
  if (tokens == 0 || task.gpu_ns() < kTooShortForASpeed) return {};
  const double speed = static_cast<double>(tokens) / (static_cast<double>(task.gpu_ns()) / 1e9);
  return fmt::format("{} tokens {} in a second of GPU time",
                     number(speed < 100 ? std::round(speed * 10) / 10 : std::round(speed)),
                     writes ? "written" : "read");
}

std::string timeLeftText(const v1::Task& task, bool byProcessor) {
  if (task.seconds_left() <= 0) return {};
  const bool isGpuTime = !byProcessor && task.cpu_ns() == 0;
  return fmt::format("{} of {} left", span(std::llround(task.seconds_left())), isGpuTime ? "GPU time" : "computing");
}

std::string trainingLossText(const v1::Task& task) { return endsText(trainingOf(task)); }

std::string heldOutLossText(const v1::Task& task) {
  const auto curve = heldOutOf(task);
  if (curve.empty()) return {};
  const auto lowest = std::ranges::min_element(curve, {}, [](const auto& point) { return point.value(); });
  auto text = endsText(curve);
  if (lowest->value() < curve.back().value()) {
    text += fmt::format("; the lowest was {} after {}", lossText(lowest->value()), samples(lowest->unix_ms()));
  }
  return text;
}

std::string curvesText(const v1::Task& task, const Terminal& terminal) {
  if (!terminal.isTerminal()) return {};
  return curveText("Training loss", trainingOf(task), terminal) + curveText("Held-out loss", heldOutOf(task), terminal);
}

}  // namespace lull::cli
