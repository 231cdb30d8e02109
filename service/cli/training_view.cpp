// SPDX-License-Identifier: Apache-2.0
#include "cli/training_view.h"

#include "cli/batch_view.h"
#include "cli/computed.h"
#include "cli/format.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace lull::cli {

namespace {

// The first and the last of a curve.
template <typename Has, typename Value>
std::string courseOf(const v1::Task& task, Has has, Value value) {
  std::optional<double> first;
  std::optional<double> last;
  for (const auto& point : task.losses()) {
    if (!has(point)) continue;
    last = value(point);
    if (!first) first = last;
  }
  if (!first) return {};
  return *first == *last ? fmt::format("{:.3f}", *last) : fmt::format("{:.3f} → {:.3f}", *first, *last);
}

}  // namespace

void TrainingView::take(const v1::Status& status) {
  m_waits = waitsFor(status, m_task);
  const auto found = std::ranges::find(status.running(), m_task, &v1::Task::id);
  if (found == status.running().end()) return;
  m_now = *found;
  m_byProcessor = isOnProcessor(status, m_task);
}

void TrainingView::take(const v1::Task& looked) {
  for (const auto& point : looked.losses()) {
    if (point.has_training()) m_training = point.training();
    if (point.has_held_out()) m_heldOut = point.held_out();
  }
}

std::string TrainingView::line() const {
  const auto epoch = std::min<std::uint32_t>(m_epochs, 1 + static_cast<std::uint32_t>(m_now.progress() * m_epochs));
  auto out = fmt::format("epoch {} of {}, {}", epoch, m_epochs, percent(m_now.progress()));
  if (m_training) out += fmt::format(", loss {:.3f}", *m_training);
  if (m_heldOut) out += fmt::format(", held out {:.3f}", *m_heldOut);
  if (!m_waits.empty()) return out + "; waits: " + m_waits;
  const auto left = timeLeftText(m_now, m_byProcessor);
  return left.empty() ? out : out + ", " + left;
}

std::string summaryOfTraining(const v1::Task& task) {
  const auto samples = task.losses().empty() ? 0 : task.losses().rbegin()->step();
  auto out = count(samples, "sample", "samples") + " learned";
  const auto training = courseOf(
      task, [](const auto& p) { return p.has_training(); }, [](const auto& p) { return p.training(); });
  const auto heldOut = courseOf(
      task, [](const auto& p) { return p.has_held_out(); }, [](const auto& p) { return p.held_out(); });
  if (!training.empty()) out += ": loss " + training;
  if (!heldOut.empty()) out += ", held out " + heldOut;
  if (task.gpu_ns() > 0 || task.cpu_ns() == 0) out += fmt::format("; {} of GPU time", gpuTime(task.gpu_ns()));
  if (task.cpu_ns() > 0) out += fmt::format("; {} of processor time", gpuTime(task.cpu_ns()));
  return out + ".";
}

}  // namespace lull::cli
