// SPDX-License-Identifier: Apache-2.0
#include "cli/batch_view.h"

#include "cli/computed.h"
#include "cli/format.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace lull::cli {

namespace {

const v1::Task* among(const v1::Status& status, const std::string& id) {
  const auto found = std::ranges::find(status.running(), id, &v1::Task::id);
  return found == status.running().end() ? nullptr : &*found;
}

// "This computer is in use." → "this computer is in use"; names keep their capitals.
std::string inSentence(std::string text) {
  const bool isName = text.starts_with("Lull ");
  if (!isName && text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  while (text.ends_with('.')) text.pop_back();
  return harmless(text);
}

std::string wordsOf(const v1::Reason& reason) {
  return reason.rule() == "owner_present" ? "you are here" : inSentence(reason.text());
}

// The strictest reason of the GPU that has the task; of a queued one, of any GPU.
const v1::Reason* holding(const v1::Status& status, const std::string& task) {
  const v1::Reason* any = nullptr;
  for (const auto& gpu : status.gpus()) {
    if (gpu.verdict().limit() == v1::LIMIT_RUN || gpu.verdict().reasons().empty()) continue;
    const auto& reason = gpu.verdict().reasons(0);
    if (gpu.task_id() == task) return &reason;
    if (any == nullptr) any = &reason;
  }
  return any;
}

std::uint64_t answered(const v1::TokenUsage& usage) { return usage.requests() + usage.requests_failed(); }

}  // namespace

std::string waitsFor(const v1::Status& status, const std::string& task) {
  const auto* running = among(status, task);
  if (running != nullptr && running->state() == v1::TASK_STATE_RUNNING) return {};
  if (running != nullptr && running->state() == v1::TASK_STATE_EVICTING) return "it is being saved";
  if (const auto* reason = holding(status, task)) return wordsOf(*reason);
  if (running != nullptr) return "it is being started";
  if (!status.running().empty()) return fmt::format("“{}” is computed before it", harmless(status.running(0).name()));
  return status.activity() == v1::ACTIVITY_RESTING ? inSentence(status.sentence()) : "its turn";
}

void BatchView::take(const v1::Status& status, Instant now) {
  const auto* task = among(status, m_task);
  m_waits = waitsFor(status, m_task);
  if (task != nullptr) {
    m_now = *task;
    m_byProcessor = isOnProcessor(status, m_task);
  }
  m_pace.take({.at = now,
               .running = task != nullptr && task->state() == v1::TASK_STATE_RUNNING,
               .requests = answered(m_now.usage()),
               .tokens = m_now.usage().completion()});
}

std::string BatchView::timeLeft() const {
  if (auto told = timeLeftText(m_now, m_byProcessor); !told.empty()) return told;
  const auto done = answered(m_now.usage());
  const auto left = m_requests > done ? m_pace.secondsFor(m_requests - done) : std::nullopt;
  return left ? span(std::llround(*left)) + " left" : std::string{};
}

std::string BatchView::line() const {
  const auto done = answered(m_now.usage());
  auto out = m_requests > 0 ? fmt::format("{} of {}", done, count(m_requests, "request", "requests"))
                            : fmt::format("{}, {}", count(done, "request", "requests"), percent(m_now.progress()));
  if (m_now.usage().requests_failed() > 0) out += fmt::format(", {} failed", m_now.usage().requests_failed());
  if (!m_waits.empty()) return out + "; waits: " + m_waits;
  if (const auto speed = m_pace.tokensPerSecond()) {
    out += *speed < 9.95 ? fmt::format(", {:.1f} tokens/s", *speed) : fmt::format(", {:.0f} tokens/s", *speed);
  }
  const auto left = timeLeft();
  return left.empty() ? out : out + ", " + left;
}

std::string summaryOf(const v1::Task& task) {
  const auto& usage = task.usage();
  auto out = count(usage.requests(), "request", "requests") + " answered";
  if (usage.requests_failed() > 0) out += fmt::format(", {} failed", usage.requests_failed());
  out += fmt::format(": {} tokens read, {} written", grouped(usage.prompt()), grouped(usage.completion()));
  if (task.gpu_ns() > 0 || task.cpu_ns() == 0) out += fmt::format(", {} of GPU time", gpuTime(task.gpu_ns()));
  if (task.cpu_ns() > 0) out += fmt::format(", {} of processor time", gpuTime(task.cpu_ns()));
  return out + ".";
}

}  // namespace lull::cli
