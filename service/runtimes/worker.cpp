// SPDX-License-Identifier: Apache-2.0
#include "runtimes/worker.h"

#include "base/log.h"
#include "runtimes/leftovers.h"
#include "runtimes/shader_cache.h"
#include "runtimes/surroundings.h"
#include "runtimes/task_check.h"

#include <sys/eventfd.h>
#include <asio/buffer.hpp>
#include <asio/post.hpp>

#include <algorithm>

namespace lull::runtimes {

namespace wp = lull::worker::v1;

namespace {

constexpr auto kLastWordLimit = std::chrono::seconds(2);

v1::Failure death(const std::string& technical) {
  v1::Failure failure;
  failure.set_kind(v1::Failure::KIND_WORKER_DIED);
  failure.set_message("The program that computed this task ended unexpectedly");
  failure.set_technical(technical);
  return failure;
}

// `why` is for people already: what happened, and what to do.
v1::Failure stopped(const sandbox::Ending& ending) {
  auto failure = death(process::describe(ending.exit));
  failure.set_message((ending.started ? "The program that computed this task was ended: "
                                      : "The program that computes this task did not start: ") +
                      ending.why);
  return failure;
}

}  // namespace

Worker::Worker(asio::io_context& loop, const Clock& clock, WorkerOrder order, Gate gate, Heard heard)
    : m_clock(clock),
      m_order(std::move(order)),
      m_shaderKind(shaderKindOf(m_order.spec)),
      m_gate(std::move(gate)),
      m_heard(std::move(heard)),
      m_loop(loop),
      m_event(loop),
      m_lastWordTimer(loop) {}

Outcome Worker::start(const WorkersOptions& options, sandbox::Walls walls) {
  auto ends = Conversation::create(m_loop);
  if (!ends) return ends.error();
  m_conversation = ends->ours;
  const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) return fromErrno("eventfd");
  m_event.assign(event);
  m_shaders = options.shaderCache;
  auto spec = surroundings(options, m_order, walls);
  m_program = spec.program.filename().native();
  spec.descriptors = {{ends->theirs.get(), kWorkerFd}};
  const bool onProcessor = m_order.model && m_order.model->onProcessor;
  if (!onProcessor) {
    spec.descriptors.push_back({m_gate.fd(), kPageFd});
    spec.descriptors.push_back({event, kEventFd});
  }
  const auto self = weak_from_this();
  auto sandbox = sandbox::Sandbox::create(m_loop, spec,
                                          {.onStarted =
                                               [self, pages = options.pages] {
                                                 if (auto worker = self.lock()) worker->note(pages);
                                               },
                                           .onFrozen =
                                               [self](Instant) {
                                                 if (auto worker = self.lock()) worker->reportIfDrained();
                                               },
                                           .onExit =
                                               [self](const sandbox::Ending& ending) {
                                                 if (auto worker = self.lock()) worker->ended(ending);
                                               }});
  if (!sandbox) return sandbox.error();
  m_sandbox.emplace(std::move(*sandbox));
  if (onProcessor) m_processor.emplace(m_loop, *m_sandbox);
  note(options.pages);
  m_conversation->begin({.heard =
                             [self](const wp::FromWorker& message) {
                               if (auto worker = self.lock()) worker->take(message);
                             },
                         .broken =
                             [self](const std::string& how) {
                               if (auto worker = self.lock()) worker->disown(how);
                             }});
  waitForDrained();
  wp::ToWorker message;
  *message.mutable_start() = startFor(m_order, walls);
  send(message);
  m_outputs = outputsOf(m_order.spec);
  m_talks = m_order.spec.has_llama_chat();
  m_trains = m_order.spec.has_llama_training();
  m_order.spec.Clear();
  return {};
}

// For a successor, in case this service crashes: the process whose death ends the worker.
void Worker::note(const std::filesystem::path& pages) const {
  if (auto noted = noteWorker(pages, m_order.session, m_sandbox->pid()); !noted) {
    log::warning("{}", noted.error().text());
  }
}

void Worker::openGate() {
  m_gate.open(m_clock.now().instant);
  if (m_processor) m_processor->open();
}

void Worker::closeGate() {
  if (!m_gate.isOpen()) return;
  m_gate.close(m_clock.now().instant);
  if (m_processor) m_processor->close();
  // Nobody acknowledges where no device is open, or all stood still already: there is nothing to drain.
  if (drainedAt()) asio::post(m_loop, [self = shared_from_this()] { self->reportIfDrained(); });
}

void Worker::setDuty(std::uint32_t percent) {
  m_gate.setDuty(percent);
  if (m_processor) m_processor->setDuty(percent);
}

void Worker::beat() {
  meterProcessor();
  if (!m_gate.isIntact() && !m_endedAt) return disown("it damaged its governor page");
  if (m_gate.isOpen()) m_gate.beat(m_clock.now().instant);
}

void Worker::evict() {
  closeGate();
  if (m_processor) {
    if (!m_lastWord && m_saved) m_lastWord = *m_saved;
    return kill();
  }
  wp::ToWorker message;
  message.mutable_evict();
  send(message);
}

void Worker::ask(const Workers::Question& question) {
  wp::ToWorker message;
  message.mutable_ask()->set_id(question.number);
  message.mutable_ask()->set_body(question.body);
  send(message, question.number);
}

void Worker::hush(std::uint64_t question) {
  if (m_conversation->takeBack(question)) return;  // it has not heard of it yet
  wp::ToWorker message;
  message.mutable_hush()->set_id(question);
  send(message);
}

void Worker::closeChat() {
  wp::ToWorker message;
  message.mutable_close();
  send(message);
}

void Worker::kill() {
  closeGate();
  if (m_sandbox) m_sandbox->kill();
}

WorkerFigures Worker::figures() const {
  return {.task = m_order.task,
          .gpu = m_order.gpu,
          .session = m_order.session,
          .open = m_gate.isOpen(),
          .gpuNs = m_gate.gpuNs(),
          .cpuNs = m_cpuNs,
          .memoryBytes = m_endedAt ? 0 : m_gate.memoryBytes(),
          .governor = m_gate.figures(),
          .gateChangedAt = m_gate.changedAt(),
          .drainedAt = drainedAt(),
          .endedAt = m_endedAt};
}

// A process that has ended has no work on the GPU.
std::optional<Instant> Worker::drainedAt() const {
  const auto told = m_processor ? stillSince() : m_gate.drainedAt();
  return told || m_gate.isOpen() ? told : m_endedAt;
}

// For the last closing of the gate: it may have rested for its duty when that came.
std::optional<Instant> Worker::stillSince() const {
  const auto since = m_sandbox->frozenAt();
  if (!since || m_gate.isOpen()) return std::nullopt;
  return std::max(*since, m_gate.changedAt());
}

void Worker::meterProcessor() {
  if (!m_processor || m_endedAt) return;
  m_cpuNs = m_sandbox->cpuNs();
  m_gate.keepCpuTime(m_cpuNs);
}

// It broke the conversation: whatever it says from now on does not count.
void Worker::disown(const std::string& why) {
  if (!m_lastWord) m_lastWord = model::WorkerFailed{m_order.task, death(why)};
  kill();
}

void Worker::report(model::WorkerReport report) {
  if (m_heard.report) m_heard.report(std::move(report));
}

void Worker::send(const wp::ToWorker& message, std::uint64_t question) {
  if (auto sent = m_conversation->send(message, question); !sent) disown(sent.error().text());
}

void Worker::lastWord(model::WorkerReport word) {
  if (m_lastWord) return;
  m_lastWord = std::move(word);
  m_lastWordTimer.expires_after(kLastWordLimit);
  m_lastWordTimer.async_wait([weak = weak_from_this()](asio::error_code code) {
    auto self = weak.lock();
    if (!code && self && self->m_sandbox) self->m_sandbox->kill();
  });
}

void Worker::ended(const sandbox::Ending& ending) {
  m_endedAt = m_clock.now().instant;
  if (m_processor) m_cpuNs = ending.cpuNs;
  m_conversation->end();
  m_lastWordTimer.cancel();
  asio::error_code ignored;
  m_event.close(ignored);
  m_gate.close(m_clock.now().instant);
  if (!m_lastWord) {
    const auto why = ending.why.empty() ? death(m_program + ' ' + sandbox::describe(ending)) : stopped(ending);
    m_lastWord = model::WorkerFailed{m_order.task, why};
  }
  if (ending.started && !ending.why.empty()) setShadersAside(m_shaders, m_shaderKind);
  if (!ending.started && m_heard.notStarted) m_heard.notStarted();
  report(*m_lastWord);
}

void Worker::waitForDrained() {
  m_event.async_read_some(asio::buffer(&m_count, sizeof m_count),
                          [self = shared_from_this()](asio::error_code code, std::size_t) {
                            if (code) return;
                            self->reportIfDrained();
                            self->waitForDrained();
                          });
}

void Worker::reportIfDrained() {
  meterProcessor();
  if (drainedAt()) report(model::WorkerDrained{m_order.task});
}

}  // namespace lull::runtimes
