// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/session.h"

#include "base/log.h"

#include <unistd.h>

#include <algorithm>

namespace lull::runtimes::llama {

namespace {

constexpr int kTellEveryMs = 250;

}  // namespace

Session::Session(worker::Link& link, Job* job, std::uint32_t checkpointEveryS)
    : m_link(link),
      m_job(job),
      m_checkpointEvery(std::max(1U, checkpointEveryS)),
      m_checkpointAt(std::chrono::steady_clock::now() + m_checkpointEvery) {}

void Session::hear() {
  for (;;) {
    const auto message = m_link.receiveWithin(kTellEveryMs);
    if (!message) {
      log::info("the worker ends: {}", message.error().text());
      ::_exit(1);
    }
    if (const auto& told = message.value()) {
      if (told->has_evict()) evict();
      m_job->hear(*told);
    }
    tellProgress();
    checkpoint();
  }
}

Telling Session::telling() {
  return {.begun = [this] { started(); }, .say = [this](const auto& message) { say(message); }};
}

void Session::started() {
  const double progress = m_job->progress().progress();
  worker::v1::FromWorker message;
  message.mutable_started()->set_resumed(progress > 0);
  message.mutable_started()->set_progress(progress);
  say(message);
}

void Session::tellProgress() {
  worker::v1::FromWorker message;
  *message.mutable_progress() = m_job->progress();
  if (auto text = message.SerializeAsString(); text != m_told) {
    m_told = std::move(text);
    say(message);
  }
}

void Session::checkpoint() {
  const auto now = std::chrono::steady_clock::now();
  if (now < m_checkpointAt) return;
  m_checkpointAt = now + m_checkpointEvery;
  const auto reached = m_job->progress();
  if (auto saved = m_job->save(); !saved) {
    log::warning("{}", saved.error().text());
    return;
  }
  worker::v1::FromWorker message;
  message.mutable_checkpointed()->set_progress(reached.progress());
  *message.mutable_checkpointed()->mutable_usage() = reached.usage();
  say(message);
}

void Session::evict() {
  const auto reached = m_job->progress();
  const auto saved = m_job->save();
  worker::v1::FromWorker message;
  auto& evicted = *message.mutable_evicted();
  evicted.set_progress(reached.progress());
  *evicted.mutable_usage() = reached.usage();
  evicted.set_saved(saved.ok());
  if (!saved) evicted.set_trouble(saved.error().text());
  sayLast(message);
}

void Session::finished(const std::vector<v1::Output>& outputs) {
  worker::v1::FromWorker message;
  for (const auto& output : outputs) *message.mutable_finished()->add_outputs() = output;
  *message.mutable_finished()->mutable_usage() = m_job->progress().usage();
  sayLast(message);
}

void Session::failed(const worker::Failure& failure) {
  worker::v1::FromWorker message;
  *message.mutable_failed()->mutable_failure() = failure;
  sayLast(message);
}

void Session::say(const worker::v1::FromWorker& message) {
  const std::lock_guard lock(m_last);  // nothing comes after the last word
  m_link.send(message);
}

void Session::sayLast(const worker::v1::FromWorker& message) {
  m_last.lock();  // for good: whoever comes second waits for the end
  m_link.send(message);
  ::_exit(0);
}

}  // namespace lull::runtimes::llama
