// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/session.h"

#include "base/log.h"

#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace lull::runtimes::llama {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kTellEvery = std::chrono::milliseconds(250);

}  // namespace

Session::Session(worker::Link& link, Job* job, std::uint32_t checkpointEveryS)
    : m_link(link), m_job(job), m_checkpointEvery(std::max(1U, checkpointEveryS)) {}

void Session::hear() {
  for (;;) {
    const auto message = m_link.receive();
    if (!message) {
      log::info("the worker ends: {}", message.error().text());
      ::_exit(1);
    }
    if (message->has_evict()) evict();
    m_job->hear(*message);
  }
}

void Session::tell() {
  auto checkpointAt = Clock::now() + m_checkpointEvery;
  bool unsaved = false;
  std::unique_lock lock(m_mutex);
  for (;;) {
    const auto changed = [this] { return m_changed; };
    if (unsaved) {
      m_wake.wait_until(lock, checkpointAt, changed);
    } else {
      m_wake.wait(lock, changed);
    }
    const bool news = std::exchange(m_changed, false);
    unsaved = unsaved || news;
    lock.unlock();
    if (news) tellProgress();
    if (Clock::now() >= checkpointAt) {
      checkpoint();
      unsaved = false;
      checkpointAt = Clock::now() + m_checkpointEvery;
    }
    std::this_thread::sleep_for(kTellEvery);  // what changes meanwhile is told together
    lock.lock();
  }
}

void Session::changed() {
  {
    const std::lock_guard lock(m_mutex);
    if (std::exchange(m_changed, true)) return;
  }
  m_wake.notify_one();
}

Telling Session::telling() {
  return {.begun = [this] { started(); },
          .say =
              [this](const auto& message) {
                say(message);
                changed();  // whoever has something to say has got further
              },
          .changed = [this] { changed(); }};
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
