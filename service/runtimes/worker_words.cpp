// SPDX-License-Identifier: Apache-2.0
// What a worker says, and how far it is believed.
#include "base/log.h"
#include "base/sha256.h"
#include "runtimes/worker.h"

#include <algorithm>

namespace lull::runtimes {

namespace wp = lull::worker::v1;

namespace {

constexpr int kMostPoints = 256;  // as worker.proto says

}  // namespace

void Worker::take(const wp::FromWorker& message) {
  const auto& task = m_order.task;
  switch (message.body_case()) {
    case wp::FromWorker::kStarted:
      m_saved = {.task = task, .progress = message.started().resumed() ? message.started().progress() : 0};
      if (m_processor && !m_gate.isOpen()) m_processor->close();
      return report(model::WorkerStarted{task, message.started().resumed(), message.started().progress()});
    case wp::FromWorker::kProgress:
      if (m_saved) m_saved->usage = message.progress().usage();
      return report(model::WorkerProgress{task, message.progress().progress(), message.progress().seconds_left(),
                                          message.progress().usage()});
    case wp::FromWorker::kCheckpointed:
      m_saved = {task, message.checkpointed().progress(), message.checkpointed().usage()};
      return report(model::WorkerCheckpointed{task, message.checkpointed().progress(), message.checkpointed().usage()});
    case wp::FromWorker::kEvicted:
      if (!message.evicted().saved()) log::warning("task {}: {}", task, message.evicted().trouble());
      return lastWord(model::WorkerEvicted{task, message.evicted().progress(), message.evicted().usage()});
    case wp::FromWorker::kFinished:
      if (!areExpected(message.finished())) return disown("it told of results the task does not have");
      return lastWord(model::WorkerFinished{task,
                                            {message.finished().outputs().begin(), message.finished().outputs().end()},
                                            message.finished().usage()});
    case wp::FromWorker::kFailed:
      return lastWord(model::WorkerFailed{task, message.failed().failure()});
    case wp::FromWorker::kLearned:
      if (m_trains) return tellLearned(message.learned());
      break;
    case wp::FromWorker::kSaid:
      if (m_talks) return tellSaid(message.said());
      break;
    case wp::FromWorker::BODY_NOT_SET:
      break;
  }
  disown("it sent a message this service does not know");
}

void Worker::tellSaid(const wp::Said& said) {
  if (!m_heard.said || m_lastWord) return;
  m_heard.said({.task = m_order.task,
                .question = said.id(),
                .text = said.text(),
                .thinking = said.thinking(),
                .done = said.done(),
                .usage = said.usage(),
                .error = said.error()});
}

void Worker::tellLearned(const wp::Learned& learned) {
  if (m_lastWord) return;
  if (learned.points_size() > kMostPoints) return disown("it told of more points at once than it may");
  report(model::WorkerLearned{m_order.task, {learned.points().begin(), learned.points().end()}});
}

bool Worker::areExpected(const wp::Finished& finished) const {
  return std::ranges::all_of(finished.outputs(), [this](const auto& output) {
    return std::ranges::find(m_outputs, output.name()) != m_outputs.end() && isSha256(output.sha256());
  });
}

}  // namespace lull::runtimes
