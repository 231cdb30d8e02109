// SPDX-License-Identifier: Apache-2.0
#include "runtimes/workers.h"

#include "base/log.h"
#include "base/sha256.h"
#include "governor/page.h"
#include "process/child.h"
#include "runtimes/gate.h"
#include "runtimes/leftovers.h"
#include "wire/frame.h"
#include "worker.pb.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>

namespace lull::runtimes {

namespace wp = lull::worker::v1;

namespace {

constexpr int kWorkerFd = 3;
constexpr int kPageFd = 4;
constexpr int kEventFd = 5;
constexpr int kNice = 19;  // the owner's programs come first on the processor too
constexpr auto kLastWordLimit = std::chrono::seconds(2);

wp::ToWorker startMessage(const WorkerOrder& order) {
  wp::ToWorker message;
  auto& start = *message.mutable_start();
  *start.mutable_spec() = order.spec;
  start.set_gpu_id(order.gpu);
  start.set_blob_dir(order.blobFolder.native());
  start.set_work_dir(order.workFolder.native());
  start.set_output_dir(order.outFolder.native());
  start.set_piece_ms(order.pieceMs);
  start.set_piece_limit_s(order.pieceLimitS);
  start.set_checkpoint_every_s(order.checkpointEveryS);
  start.set_memory_limit(order.memoryLimit);
  return message;
}

std::vector<std::string> environmentOf(const WorkersOptions& options) {
  // Drivers are found as lull-gpus found them.
  auto out = process::fromEnvironment(
      {"PATH", "HOME", "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME",
       "XDG_DATA_DIRS", "XDG_CACHE_HOME", "VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES",
       "VK_LOADER_DEBUG", "LP_NUM_THREADS", "MESA_SHADER_CACHE_DIR", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"});
  out.emplace_back("VK_LOADER_LAYERS_DISABLE=~implicit~");
  out.push_back("LULL_WORKER_FD=" + std::to_string(kWorkerFd));
  out.push_back(std::string(governor::kPageFdVariable) + '=' + std::to_string(kPageFd));
  out.push_back(std::string(governor::kEventFdVariable) + '=' + std::to_string(kEventFd));
  out.push_back(std::string("VK_INSTANCE_LAYERS=") + governor::kLayerName);
  out.push_back("VK_LAYER_PATH=" + options.layerFolder.native());
  if (std::getenv("MESA_SHADER_CACHE_DIR") == nullptr) {
    out.push_back("MESA_SHADER_CACHE_DIR=" + options.shaderCache.native());
  }
  return out;
}

v1::Failure death(const std::string& technical) {
  v1::Failure failure;
  failure.set_kind(v1::Failure::KIND_WORKER_DIED);
  failure.set_message("The program that computed this task ended unexpectedly");
  failure.set_technical(technical);
  return failure;
}

}  // namespace

// Shared ownership: handlers of a retired worker may still be queued on the loop.
class Workers::Worker : public std::enable_shared_from_this<Worker> {
public:
  Worker(asio::io_context& loop, const Clock& clock, WorkerOrder order, Gate gate, Report report)
      : m_clock(clock),
        m_order(std::move(order)),
        m_gate(std::move(gate)),
        m_report(std::move(report)),
        m_loop(loop),
        m_socket(loop),
        m_event(loop),
        m_lastWordTimer(loop) {}

  [[nodiscard]] Outcome start(const WorkersOptions& options) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return fromErrno("socketpair");
    const Fd theirs(pair[1]);
    m_socket.assign(pair[0]);
    const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0) return fromErrno("eventfd");
    m_event.assign(event);
    auto child =
        process::Child::start(m_loop,
                              {.program = options.spirvProgram,
                               .environment = environmentOf(options),
                               .descriptors = {{theirs.get(), kWorkerFd}, {m_gate.fd(), kPageFd}, {event, kEventFd}},
                               .nice = kNice},
                              [weak = weak_from_this()](const process::Exit& exit) {
                                if (auto self = weak.lock()) self->ended(exit);
                              });
    if (!child) return child.error();
    m_child.emplace(std::move(*child));
    if (auto noted = noteWorker(options.pages, m_order.session, m_child->pid()); !noted) {
      log::warning("{}", noted.error().text());
    }
    offerToOom();
    readSocket();
    waitForDrained();
    send(startMessage(m_order));
    for (const auto& buffer : m_order.spec.spirv().buffers()) {
      if (!buffer.output().empty()) m_outputs.push_back(buffer.output());
    }
    m_order.spec.Clear();
    return {};
  }

  void openGate() { m_gate.open(m_clock.now().instant); }
  void closeGate() {
    if (!m_gate.isOpen()) return;
    m_gate.close(m_clock.now().instant);
    // Nobody acknowledges where no device is open: there is nothing to drain.
    if (m_gate.drainedAt()) asio::post(m_loop, [self = shared_from_this()] { self->reportIfDrained(); });
  }
  void setDuty(std::uint32_t percent) { m_gate.setDuty(percent); }
  void beat() {
    if (m_gate.isOpen()) m_gate.beat(m_clock.now().instant);
  }
  void evict() {
    closeGate();
    wp::ToWorker message;
    message.mutable_evict();
    send(message);
  }
  void kill() {
    closeGate();
    if (m_child) m_child->kill();
  }
  void silence() { m_report = {}; }

  [[nodiscard]] bool isOpen() const { return m_gate.isOpen(); }
  [[nodiscard]] const std::string& session() const { return m_order.session; }
  [[nodiscard]] WorkerFigures figures() const {
    return {.task = m_order.task,
            .gpu = m_order.gpu,
            .session = m_order.session,
            .open = m_gate.isOpen(),
            .gpuNs = m_gate.gpuNs(),
            .memoryBytes = m_endedAt ? 0 : m_gate.memoryBytes(),
            .governor = m_gate.figures(),
            .gateChangedAt = m_gate.changedAt(),
            .drainedAt = drainedAt(),
            .endedAt = m_endedAt};
  }

private:
  // When memory runs out the kernel is to take the worker, never a program of the owner's.
  void offerToOom() const {
    const auto file = "/proc/" + std::to_string(m_child->pid()) + "/oom_score_adj";
    const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd || ::write(fd.get(), "1000", 4) != 4) log::debug("{} could not be set", file);
  }

  // A process that has ended has no work on the GPU.
  [[nodiscard]] std::optional<Instant> drainedAt() const {
    const auto told = m_gate.drainedAt();
    return told || m_gate.isOpen() ? told : m_endedAt;
  }

  // It broke the conversation: whatever it says from now on does not count.
  void disown(const v1::Failure& why) {
    if (!m_lastWord) m_lastWord = model::WorkerFailed{m_order.task, why};
    kill();
  }

  void report(model::WorkerReport report) {
    if (m_report) m_report(std::move(report));
  }

  void send(const wp::ToWorker& message) {
    const bool idle = m_waiting.empty() && m_sending.empty();
    if (auto framed = wire::appendFrame(m_waiting, message); !framed) return disown(death(framed.error().text()));
    if (idle) sendWaiting();
  }

  // One write at a time: two at once would mix their bytes.
  void sendWaiting() {
    m_sending = std::exchange(m_waiting, {});
    asio::async_write(m_socket, asio::buffer(m_sending),
                      [self = shared_from_this()](asio::error_code code, std::size_t) {
                        self->m_sending.clear();
                        if (!code && !self->m_waiting.empty()) self->sendWaiting();
                      });
  }

  void readSocket() {
    m_socket.async_read_some(asio::buffer(m_chunk), [self = shared_from_this()](asio::error_code code, std::size_t n) {
      if (code) return;  // its end comes through the process
      self->m_frames.feed({self->m_chunk.data(), n});
      if (self->takeFrames()) self->readSocket();
    });
  }

  // What the worker wrote before it ended, all in the socket by now.
  void readRest() {
    if (!m_socket.is_open()) return;
    asio::error_code code;
    m_socket.non_blocking(true, code);
    while (!code) {
      const auto n = m_socket.read_some(asio::buffer(m_chunk), code);
      if (code || n == 0) return;
      m_frames.feed({m_chunk.data(), n});
      if (!takeFrames()) return;
    }
  }

  bool takeFrames() {
    for (;;) {
      auto frame = m_frames.next();
      if (!frame) {
        disown(death("it spoke garbage: " + frame.error().text()));
        return false;
      }
      if (!frame->has_value()) return true;
      wp::FromWorker message;
      if (!message.ParseFromArray(frame->value().data(), static_cast<int>(frame->value().size()))) {
        disown(death("it sent a message that cannot be read"));
        return false;
      }
      take(message);
    }
  }

  void take(const wp::FromWorker& message) {
    const auto& task = m_order.task;
    switch (message.body_case()) {
      case wp::FromWorker::kStarted:
        return report(model::WorkerStarted{task, message.started().resumed(), message.started().progress()});
      case wp::FromWorker::kProgress:
        return report(model::WorkerProgress{task, message.progress().progress(), message.progress().seconds_left()});
      case wp::FromWorker::kCheckpointed:
        return report(model::WorkerCheckpointed{task, message.checkpointed().progress()});
      case wp::FromWorker::kEvicted:
        if (!message.evicted().saved()) log::warning("task {}: {}", task, message.evicted().trouble());
        return lastWord(model::WorkerEvicted{task, message.evicted().progress()});
      case wp::FromWorker::kFinished:
        if (!areExpected(message.finished())) return disown(death("it told of results the task does not have"));
        return lastWord(
            model::WorkerFinished{task, {message.finished().outputs().begin(), message.finished().outputs().end()}});
      case wp::FromWorker::kFailed:
        return lastWord(model::WorkerFailed{task, message.failed().failure()});
      case wp::FromWorker::BODY_NOT_SET:
        break;
    }
    disown(death("it sent a message this service does not know"));
  }

  [[nodiscard]] bool areExpected(const wp::Finished& finished) const {
    return std::ranges::all_of(finished.outputs(), [this](const auto& output) {
      return std::ranges::find(m_outputs, output.name()) != m_outputs.end() && isSha256(output.sha256());
    });
  }

  void lastWord(model::WorkerReport word) {
    if (m_lastWord) return;
    m_lastWord = std::move(word);
    m_lastWordTimer.expires_after(kLastWordLimit);
    m_lastWordTimer.async_wait([weak = weak_from_this()](asio::error_code code) {
      auto self = weak.lock();
      if (!code && self && self->m_child) self->m_child->kill();
    });
  }

  void ended(const process::Exit& exit) {
    m_endedAt = m_clock.now().instant;
    readRest();
    m_lastWordTimer.cancel();
    asio::error_code ignored;
    m_socket.close(ignored);
    m_event.close(ignored);
    m_gate.close(m_clock.now().instant);
    if (!m_lastWord) m_lastWord = model::WorkerFailed{m_order.task, death("lull-spirv " + process::describe(exit))};
    report(*m_lastWord);
  }

  void waitForDrained() {
    m_event.async_read_some(asio::buffer(&m_count, sizeof m_count),
                            [self = shared_from_this()](asio::error_code code, std::size_t) {
                              if (code) return;
                              self->reportIfDrained();
                              self->waitForDrained();
                            });
  }

  void reportIfDrained() {
    if (m_gate.drainedAt()) report(model::WorkerDrained{m_order.task});
  }

  const Clock& m_clock;
  WorkerOrder m_order;
  Gate m_gate;
  Report m_report;
  asio::io_context& m_loop;
  asio::posix::stream_descriptor m_socket;
  asio::posix::stream_descriptor m_event;
  asio::steady_timer m_lastWordTimer;
  std::optional<process::Child> m_child;
  std::array<char, 16384> m_chunk{};
  std::uint64_t m_count = 0;
  std::string m_sending;
  std::string m_waiting;
  std::vector<std::string> m_outputs;  // the results the task has: no other is believed
  wire::FrameReader m_frames;
  std::optional<model::WorkerReport> m_lastWord;
  std::optional<Instant> m_endedAt;
};

Workers::Workers(asio::io_context& loop, const Clock& clock, WorkersOptions options, Report report)
    : m_loop(loop), m_clock(clock), m_options(std::move(options)), m_report(std::move(report)) {}

Workers::~Workers() {
  while (!m_workers.empty()) retire(m_workers.begin()->first);
}

Outcome Workers::start(WorkerOrder order) {
  const auto task = order.task;
  if (m_workers.contains(task)) return Error(Error::Kind::Internal, "task " + task + " has a worker already");
  auto gate = Gate::create(m_options.pages, order.session,
                           {.inFlightCap = order.inFlightCap,
                            .memoryLimit = order.memoryLimit,
                            .slice = Milliseconds(order.pieceMs),
                            .leaveWhole = order.spec.has_spirv()});
  if (!gate) return gate.error();
  auto worker = std::make_shared<Worker>(m_loop, m_clock, std::move(order), std::move(*gate), m_report);
  if (auto started = worker->start(m_options); !started) {
    discard(worker->session());
    return started;
  }
  m_workers.emplace(task, std::move(worker));
  return {};
}

void Workers::openGate(const model::TaskId& task) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->openGate();
}

void Workers::closeGate(const model::TaskId& task) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->closeGate();
}

void Workers::setDuty(const model::TaskId& task, std::uint32_t percent) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->setDuty(percent);
}

void Workers::evict(const model::TaskId& task) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->evict();
}

void Workers::kill(const model::TaskId& task) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->kill();
}

void Workers::beat() {
  for (const auto& [task, worker] : m_workers) worker->beat();
}

void Workers::retire(const model::TaskId& task) {
  const auto found = m_workers.find(task);
  if (found == m_workers.end()) return;
  found->second->silence();
  if (!found->second->figures().endedAt) found->second->kill();
  m_workers.erase(found);
}

void Workers::discard(const std::string& session) { forgetWorker(m_options.pages, session); }

bool Workers::anyOpen() const {
  for (const auto& [task, worker] : m_workers) {
    if (worker->isOpen()) return true;
  }
  return false;
}

std::vector<WorkerFigures> Workers::figures() const {
  std::vector<WorkerFigures> out;
  out.reserve(m_workers.size());
  for (const auto& [task, worker] : m_workers) out.push_back(worker->figures());
  return out;
}

std::optional<WorkerFigures> Workers::figures(const model::TaskId& task) const {
  const auto found = m_workers.find(task);
  return found == m_workers.end() ? std::nullopt : std::optional(found->second->figures());
}

}  // namespace lull::runtimes
