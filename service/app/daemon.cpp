// SPDX-License-Identifier: Apache-2.0
#include "app/daemon.h"

#include "app/desk.h"
#include "app/notify.h"
#include "app/ring.h"
#include "base/file.h"
#include "base/version.h"
#include "runtimes/leftovers.h"

#include <fcntl.h>
#include <sys/file.h>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <thread>

namespace lull::app {

namespace fs = std::filesystem;

namespace {

constexpr auto kStopLimit = std::chrono::seconds(15);

// Whoever holds this file alone may use what it stands beside.
Result<Fd> takeAlone(const fs::path& file, const std::string& what) {
  Fd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return fromErrno("open", file.native());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  return Error(Error::Kind::Conflict, "another lulld uses " + what + "; end it first, or name another");
}

// "<task>.<random>" (see newSession in ring_workers.cpp).
model::Entry meteredBefore(const runtimes::Leftover& leftover, const Now& now, std::uint32_t assumedWatts) {
  const auto used = leftover.gpuNs + leftover.cpuNs / std::max(1U, std::thread::hardware_concurrency());
  return model::SessionMetered{.session = leftover.session,
                               .task = leftover.session.substr(0, leftover.session.find('.')),
                               .at = now.unixMs,
                               .gpuNs = leftover.gpuNs,
                               .energyUj = used / 1000 * assumedWatts,
                               .energyEstimated = true,
                               .cpuNs = leftover.cpuNs};
}

}  // namespace

// In the order of construction: later parts use earlier ones.
struct Daemon::Parts {
  Options options;
  Fd stateLock;
  Fd socketLock;
  SystemClock clock;
  asio::io_context loop{1};
  asio::signal_set signals{loop};
  asio::steady_timer limit{loop};
  asio::steady_timer dog{loop};
  std::optional<settings::Store> settings;
  std::unique_ptr<ledger::Ledger> ledger;
  std::unique_ptr<runtimes::TaskFiles> files;
  std::unique_ptr<models::Store> models;
  std::unique_ptr<senses::Senses> senses;
  std::unique_ptr<image::Images> images;
  std::unique_ptr<runtimes::Workers> workers;
  std::unique_ptr<Ring> ring;
  std::unique_ptr<Desk> desk;
  std::unique_ptr<ipc::Server> server;
  bool stopping = false;

  [[nodiscard]] fs::path pages() const { return fs::path(options.socket) += ".pages"; }
  std::vector<std::string> troubles;

  [[nodiscard]] Outcome takeFolders();
  [[nodiscard]] Outcome openStores();
  [[nodiscard]] Outcome openModels();
  [[nodiscard]] Outcome clearUp();
  [[nodiscard]] Outcome compose();
  void takeLogLevel() { log::setLevel(options.logLevel.value_or(log::levelFrom(settings->values().log().level()))); }
};

Outcome Daemon::Parts::takeFolders() {
  const auto home = options.socket.parent_path();
  std::error_code code;
  const bool isNew = !home.empty() && !fs::exists(home, code);
  for (const auto& folder : {options.stateFolder, options.settingsFile.parent_path(), home}) {
    if (folder.empty()) continue;
    if (auto made = makePrivateFolder(folder); !made) return made;
  }
  // In system mode everybody may reach the socket; the rights table decides what they may ask.
  if (isNew && !options.user) fs::permissions(home, fs::perms(0755), code);
  auto state = takeAlone(options.stateFolder / "lock", "the state folder " + options.stateFolder.native());
  if (!state) return state.error();
  auto listening = takeAlone(fs::path(options.socket) += ".lock", "the socket " + options.socket.native());
  if (!listening) return listening.error();
  stateLock = std::move(*state);
  socketLock = std::move(*listening);
  return makePrivateFolder(pages());
}

Outcome Daemon::Parts::openStores() {
  auto store = settings::Store::open(options.settingsFile);
  if (!store) return store.error().during("reading the settings");
  settings.emplace(std::move(*store));
  auto opened = ledger::Ledger::open(options.stateFolder / "ledger.sqlite",
                                     [this](std::function<void()> f) { asio::post(loop, std::move(f)); });
  if (!opened) return opened.error().during("opening the ledger");
  ledger = std::move(*opened);
  auto made = runtimes::TaskFiles::create(loop, options.stateFolder);
  if (!made) return made.error().during("preparing the files of tasks");
  files = std::move(*made);
  return {};
}

Outcome Daemon::Parts::openModels() {
  auto store = models::Store::create(
      loop, clock, {.root = options.stateFolder / "models", .fetchProgram = options.programFolder / "lull-fetch"},
      {.changed =
           [this] {
             if (ring) ring->wake();
           },
       .inUse = [this] { return ring ? ring->modelsInUse() : std::set<std::string>(); }});
  if (!store) return store.error().during("opening the store of models");
  models = std::move(*store);
  auto roots = image::Images::create(loop, clock,
                                     {.folder = options.stateFolder / "runtimes",
                                      .givenRoot = options.llamaRoot,
                                      .maker = options.programFolder / "lull-runtime-make"},
                                     {.changed =
                                          [this] {
                                            if (ring) ring->wake();
                                          },
                                      .needed = [this] { return ring && !ring->modelsInUse().empty(); }});
  if (!roots) return roots.error().during("looking at the runtimes");
  images = std::move(*roots);
  return {};
}

// Time that workers metered after the predecessor's last record is still on their pages. It is recorded before
// tasks are resumed, so that no credit is lost.
Outcome Daemon::Parts::clearUp() {
  const auto leftovers = runtimes::collectLeftovers(pages());
  if (leftovers.empty()) return {};
  log::info("clearing up after a service that did not end in order: {} workers", leftovers.size());
  std::vector<model::Entry> entries;
  entries.reserve(leftovers.size());
  for (const auto& leftover : leftovers) {
    entries.push_back(meteredBefore(leftover, clock.now(), settings->values().rewards().assumed_watts()));
  }
  std::optional<Outcome> recorded;
  auto working = asio::make_work_guard(loop);  // or the loop would end before the ledger's thread has answered
  ledger->record(
      std::move(entries), [&recorded](const Outcome& outcome) { recorded = outcome; }, ledger::Patience::OrRefuse);
  while (!recorded) loop.run_one();
  working.reset();
  loop.restart();
  if (*recorded) {
    for (const auto& leftover : leftovers) runtimes::forgetWorker(pages(), leftover.session);
  } else {
    troubles.push_back("Time computed before a crash could not be recorded yet: " + recorded->error().text() +
                       "; it is kept until the next start");
  }
  return {};
}

Outcome Daemon::Parts::compose() {
  auto seen = senses::Senses::create(loop, clock,
                                     {.input = options.input,
                                      .sys = options.sys,
                                      .proc = options.proc,
                                      .systemBus = options.systemBus,
                                      .presenceProgram = options.programFolder / "lull-presence",
                                      .gpusProgram = options.programFolder / "lull-gpus"},
                                     [this] {
                                       if (ring) ring->wake();
                                     });
  if (!seen) return seen.error().during("opening the senses");
  senses = std::move(*seen);
  const auto cache = options.stateFolder / "shader-cache";
  if (auto made = makePrivateFolder(cache); !made) return made;
  const auto ground = sandbox::Ground::claim();
  log::info("limits of workers: {}", sandbox::describe(ground));
  workers =
      std::make_unique<runtimes::Workers>(loop, clock,
                                          runtimes::WorkersOptions{.spirvProgram = options.programFolder / "lull-spirv",
                                                                   .llamaProgram = options.programFolder / "lull-llama",
                                                                   .layerFolder = options.layerFolder,
                                                                   .pages = fs::absolute(pages()),
                                                                   .shaderCache = cache,
                                                                   .ground = ground},
                                          [this](model::WorkerReport report) { ring->heard(std::move(report)); });
  const Stages stages{loop, clock, *settings, *senses, *workers, *files, *models, *images, *ledger, options.logLevel};
  ring = std::make_unique<Ring>(stages);
  workers->onSaid([this](const model::WorkerSaid& said) { ring->said(said); });
  if (auto begun = ring->begin(troubles); !begun) return begun;
  desk = std::make_unique<Desk>(stages, *ring);
  auto listening = ipc::Server::create(
      loop, {.socket = options.socket, .mode = options.user ? ipc::Mode::User : ipc::Mode::System}, *desk);
  if (!listening) return listening.error();
  server = std::move(*listening);
  ring->publishTo(server.get());
  workers->tryWalls([this] { ring->wake(); });
  senses->lookForGpus();
  ring->wake();
  return {};
}

Result<std::unique_ptr<Daemon>> Daemon::create(Options options) {
  auto parts = std::make_unique<Parts>();
  parts->options = std::move(options);
  for (const auto step :
       {&Parts::takeFolders, &Parts::openStores, &Parts::openModels, &Parts::clearUp, &Parts::compose}) {
    if (auto done = (*parts.*step)(); !done) return done.error();
  }
  return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) {}
Daemon::~Daemon() = default;

void Daemon::run() {
  listenToSignals();
  watchdog();
  asio::post(m_parts->loop, [this] {
    notifyReady();
    log::info("lulld {} is ready on {}", kVersion, m_parts->options.socket.native());
  });
  m_parts->loop.run();
  log::info("ended");
}

void Daemon::listenToSignals() {
  auto& signals = m_parts->signals;
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals.add(number);
  signals.async_wait([this](asio::error_code code, int number) {
    if (code) return;
    if (number == SIGHUP) {
      reload();
    } else if (m_parts->stopping) {
      m_parts->loop.stop();
      return;
    } else {
      stop();
    }
    listenToSignals();
  });
}

void Daemon::stop() {
  log::info("stopping: workers save and end");
  m_parts->stopping = true;
  notifyStopping();
  m_parts->limit.expires_after(kStopLimit);
  m_parts->limit.async_wait([this](asio::error_code code) {
    if (code) return;
    log::warning("not all workers ended in time: they are killed; their tasks go on from the last checkpoint");
    m_parts->loop.stop();
  });
  m_parts->ring->stop([this] { m_parts->loop.stop(); });
}

void Daemon::reload() {
  notifyReloading(m_parts->clock.now().instant);
  if (auto reloaded = m_parts->settings->reload(); !reloaded) {
    log::error("the settings stay as they were: {}", reloaded.error().text());
  }
  m_parts->ring->settingsChanged();
  m_parts->senses->lookForGpus();
  notifyReady();
}

void Daemon::watchdog() {
  const auto interval = watchdogInterval();
  if (!interval) return;
  notifyWatchdog();
  m_parts->dog.expires_after(*interval);
  m_parts->dog.async_wait([this](asio::error_code code) {
    if (!code) watchdog();
  });
}

}  // namespace lull::app
