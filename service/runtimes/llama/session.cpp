// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/session.h"

#include "base/log.h"

#include <unistd.h>

#include <algorithm>

namespace lull::runtimes::llama {

namespace {

constexpr int kTellEveryMs = 250;

}  // namespace

Session::Session(worker::Link& link, Batch* batch, std::uint32_t checkpointEveryS)
    : m_link(link),
      m_batch(batch),
      m_checkpointEvery(std::max(1U, checkpointEveryS)),
      m_checkpointAt(std::chrono::steady_clock::now() + m_checkpointEvery) {}

void Session::hear() {
  for (;;) {
    const auto message = m_link.receiveWithin(kTellEveryMs);
    if (!message) {
      log::info("the worker ends: {}", message.error().text());
      ::_exit(1);
    }
    if (message.value() && message.value()->has_evict()) evict();
    tellProgress();
    checkpoint();
  }
}

void Session::started() {
  worker::v1::FromWorker message;
  message.mutable_started()->set_resumed(m_batch->progress() > 0);
  message.mutable_started()->set_progress(m_batch->progress());
  m_link.send(message);
}

void Session::tellProgress() {
  worker::v1::FromWorker message;
  message.mutable_progress()->set_progress(m_batch->progress());
  *message.mutable_progress()->mutable_usage() = m_batch->usage();
  if (auto text = message.SerializeAsString(); text != m_told) {
    m_told = std::move(text);
    m_link.send(message);
  }
}

void Session::checkpoint() {
  const auto now = std::chrono::steady_clock::now();
  if (now < m_checkpointAt) return;
  m_checkpointAt = now + m_checkpointEvery;
  if (auto saved = m_batch->save(); !saved) {
    log::warning("{}", saved.error().text());
    return;
  }
  worker::v1::FromWorker message;
  message.mutable_checkpointed()->set_progress(m_batch->progress());
  m_link.send(message);
}

void Session::evict() {
  const auto saved = m_batch->save();
  worker::v1::FromWorker message;
  auto& evicted = *message.mutable_evicted();
  evicted.set_progress(m_batch->progress());
  evicted.set_saved(saved.ok());
  if (!saved) evicted.set_trouble(saved.error().text());
  say(message);
}

void Session::finished(const v1::Output& output) {
  worker::v1::FromWorker message;
  *message.mutable_finished()->add_outputs() = output;
  *message.mutable_finished()->mutable_usage() = m_batch->usage();
  say(message);
}

void Session::failed(const worker::Failure& failure) {
  worker::v1::FromWorker message;
  *message.mutable_failed()->mutable_failure() = failure;
  say(message);
}

void Session::say(const worker::v1::FromWorker& message) {
  m_last.lock();  // for good: whoever comes second waits for the end
  m_link.send(message);
  ::_exit(0);
}

}  // namespace lull::runtimes::llama
