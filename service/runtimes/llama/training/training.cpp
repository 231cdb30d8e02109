// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/training.h"

#include "base/log.h"
#include "base/sha256.h"
#include "runtimes/llama/input_file.h"
#include "runtimes/llama/training/needs.h"
#include "runtimes/worker/output_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace lull::runtimes::llama::training {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kEpochs = 2;
constexpr double kRate = 1e-5;
constexpr double kHeldOut = 0.05;
constexpr std::uint64_t kPoints = 400;       // of the curve, about
constexpr std::ptrdiff_t kMostPoints = 256;  // in one message, as worker.proto says
constexpr std::size_t kRecent = 15;          // segments that the time left is reckoned from
constexpr const char* kResult = "model.gguf";
constexpr const char* kState = "state.json";

std::int64_t unixMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string fingerprint(const worker::v1::Start& start) {
  return sha256("1\n" + start.task_id() + '\n' + start.spec().llama_training().SerializeAsString());
}

}  // namespace

worker::Attempt<std::unique_ptr<Job>> Training::open(const worker::v1::Start& start) {
  auto base = ModelFile::open(start.llama().model_file());
  if (!base) return noModel(base.error());
  if (const auto type = untrainable(base->layout()); !type.empty()) {
    return worker::badTask(
        fmt::format("This model is quantised ({}), and cannot be trained. Add the same model as F16, BF16 or F32, and "
                    "train that one.",
                    type));
  }
  const bool chats = start.spec().llama_training().format() == v1::LlamaTraining::FORMAT_CHATS;
  const Markers markers = chats ? Markers(base->layout()) : Markers();
  auto working = formForTraining(*base, markers);
  if (!working) return worker::fromStorage(working.error());
  return std::unique_ptr<Job>(new Training(start, std::move(*base), std::move(*working), markers));
}

Training::Training(const worker::v1::Start& start, ModelFile base, Form working, Markers markers)
    : m_start(start),
      m_folder(start.work_dir()),
      m_base(std::move(base)),
      m_working(std::move(working)),
      m_markers(std::move(markers)),
      m_epochs(task().epochs() > 0 ? task().epochs() : kEpochs),
      m_rate(task().learning_rate() > 0 ? task().learning_rate() : kRate) {
  std::error_code code;
  auto state = loadState(m_folder / kState, fingerprint(start));
  if (state && fs::exists(weights(state->serial), code)) m_state = std::move(*state);
}

fs::path Training::weights(std::uint64_t serial) const { return m_folder / fmt::format("weights-{}.gguf", serial); }

worker::Attempt<std::vector<v1::Output>> Training::run(const Telling& telling) {
  m_telling = telling;
  if (auto prepared = prepare(); !prepared) return prepared.failure();
  if (auto ready = begin(); !ready) return ready.failure();
  while (m_state.epoch < m_epochs || isMeasureDue()) {
    if (auto done = goOn(); !done) return done.failure();
  }
  return writeResult();
}

// llama.cpp runs: the first time, the points of the lives before are told too, in case the last ones were not.
void Training::begun() {
  if (std::exchange(m_begun, true)) return;
  m_telling.begun();
  tell(m_state.points);
}

void Training::tell(const std::vector<v1::LossPoint>& points) {
  for (auto from = points.begin(); from != points.end();) {
    const auto to = from + std::min(kMostPoints, points.end() - from);
    worker::v1::FromWorker message;
    message.mutable_learned()->mutable_points()->Assign(from, to);
    m_telling.say(message);
    from = to;
  }
}

worker::Step Training::prepare() {
  const auto data = inputFile(m_start, task().data(), "data");
  if (!data) return data.failure();
  auto corpus = Corpus::open({.where = m_start.llama(),
                              .folder = m_folder,
                              .data = *data,
                              .chats = task().format() == v1::LlamaTraining::FORMAT_CHATS,
                              .markers = m_markers},
                             [this] { begun(); });
  if (!corpus) return corpus.failure();
  m_corpus.emplace(std::move(*corpus));
  return arrange();
}

// The cut is chosen once: another one would give other segments, and so another result.
worker::Step Training::arrange() {
  if (resumes()) {
    m_cut = m_state.cut;
    if (auto fits = checkMemory(m_start, m_cut.window); !fits) return fits;
  } else {
    const auto window = chooseWindow(m_start, m_corpus->documents());
    if (!window) return window.failure();
    m_cut = cutFor(*window, m_working.bytes());
  }
  auto division =
      divide(m_corpus->documents(),
             {.cut = m_cut, .heldOut = task().held_out() > 0 ? task().held_out() : kHeldOut, .seed = task().seed()});
  if (!division) return division.failure();
  m_division = std::move(*division);
  if (resumes() && m_state.segment >= epoch().segments()) {
    return worker::fromStorage(Error(
        Error::Kind::Invalid, fmt::format("{} names segment {} of {}", kState, m_state.segment, epoch().segments())));
  }
  return worker::Done{};
}

worker::Step Training::begin() {
  clear(resumes() ? weights(m_state.serial) : fs::path());
  if (resumes()) return worker::Done{};
  if (auto room = checkRoom(m_folder, m_working.bytes()); !room) return room;
  if (auto written = writeFile(m_working, m_base, weights(0)); !written) return written;
  return commit({.task = fingerprint(m_start), .cut = m_cut}, {});
}

// What a life before has left half done.
void Training::clear(const fs::path& keep) const {
  std::error_code code;
  std::vector<fs::path> old;
  for (auto entry = fs::directory_iterator(m_folder, code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    if (entry->path().extension() == ".gguf" && entry->path() != keep) old.push_back(entry->path());
  }
  for (const auto& file : old) fs::remove(file, code);
}

const Epoch& Training::epoch() {
  if (!m_epoch || m_epochOf != m_state.epoch) {
    m_epoch.emplace(m_division, m_cut, std::uint64_t{task().seed()} << 32U | m_state.epoch);
    m_epochOf = m_state.epoch;
    const std::lock_guard lock(m_mutex);
    m_state.ofEpoch = m_epoch->segments();
  }
  return *m_epoch;
}

// Of an epoch that is over the next one's beginning tells.
bool Training::isMeasureDue() {
  if (m_state.measured) return false;
  return m_state.segment == 0 || measuredAfter(m_state.segment, epoch().segments());
}

bool Training::isPointDue() {
  const auto segments = std::uint64_t{m_epochs} * epoch().segments();
  return m_state.serial % (1 + segments / kPoints) == 0;
}

worker::Step Training::goOn() { return isMeasureDue() ? measure() : learn(); }

worker::Attempt<Losses> Training::runOn(const std::vector<Span>& text, bool learns) {
  const auto file = m_folder / "segment.txt";
  if (auto written = m_corpus->write(text, file); !written) return worker::fromStorage(written.error());
  return finetune(m_start.llama(),
                  {.model = weights(m_state.serial),
                   .text = file,
                   .result = m_folder / "trained.gguf",
                   .log = m_folder / "llama.log",
                   .window = m_cut.window,
                   .rate = rateAt(done(), m_rate, m_cut),
                   .learns = learns},
                  [this] { begun(); });
}

worker::Step Training::measure() {
  const auto losses = runOn(m_division.heldOut, false);
  if (!losses) return losses.failure();
  State next = m_state;
  next.measured = true;
  return commit(std::move(next), losses->mean);
}

worker::Step Training::learn() {
  const double began = seconds();
  const auto losses = runOn(epoch().text(m_state.segment), true);
  if (!losses) return losses.failure();
  {
    const auto trained = ModelFile::open(m_folder / "trained.gguf");
    const bool cutOff = !trained && trained.error().kind() == Error::Kind::Invalid;  // the disk was full
    if (cutOff) return worker::fromStorage(Error(Error::Kind::TooBig, trained.error().text()));
    if (!trained) return worker::fromStorage(trained.error());
    if (auto kept = writeFile(m_working, *trained, weights(m_state.serial + 1)); !kept) return kept;
  }
  State next = m_state;
  ++next.serial;
  ++next.segment;
  next.windows += losses->windows;
  next.tokens += std::uint64_t{losses->windows} * m_cut.window;
  next.lossSum += losses->mean * losses->windows;
  next.lossWindows += losses->windows;
  next.measured = false;
  if (next.segment == epoch().segments()) {
    next.segment = 0;
    ++next.epoch;
  }
  if (auto kept = commit(std::move(next), {}); !kept) return kept;
  {
    const std::lock_guard lock(m_mutex);
    m_seconds.push_back(seconds() - began);
    if (m_seconds.size() > kRecent) m_seconds.pop_front();
  }
  m_telling.changed();
  return worker::Done{};
}

worker::Step Training::commit(State next, std::optional<double> heldOut) {
  const auto before = m_state.serial;
  const bool isNew = m_state.task.empty();
  {
    const std::lock_guard lock(m_mutex);
    m_state = std::move(next);
  }
  std::vector<v1::LossPoint> points;
  if (heldOut || (!isMeasureDue() && !isNew && isPointDue())) {
    auto& point = points.emplace_back();
    point.set_step(m_state.windows);
    if (heldOut) point.set_held_out(*heldOut);
    if (m_state.lossWindows > 0) point.set_training(m_state.lossSum / static_cast<double>(m_state.lossWindows));
    point.set_unix_ms(unixMs());
    m_state.lossSum = 0;
    m_state.lossWindows = 0;
    m_state.points.push_back(point);
  }
  if (auto kept = training::save(m_state, m_folder / kState); !kept) return worker::fromStorage(kept.error());
  std::error_code code;
  if (before != m_state.serial) fs::remove(weights(before), code);
  fs::remove(m_folder / "trained.gguf", code);
  tell(points);
  m_telling.changed();
  return worker::Done{};
}

// What the GPU was metered with; of the processor the time that has gone by.
double Training::seconds() const {
  if (!m_start.llama().on_cpu()) return static_cast<double>(m_page.gpuNs()) / 1e9;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double Training::done() const {
  if (m_state.ofEpoch == 0) return 0;
  const auto inEpoch = static_cast<double>(m_state.segment) / static_cast<double>(m_state.ofEpoch);
  return std::min(1.0, (static_cast<double>(m_state.epoch) + inEpoch) / m_epochs);
}

worker::v1::Progress Training::progress() const {
  const std::lock_guard lock(m_mutex);
  worker::v1::Progress out;
  out.set_progress(done());
  out.mutable_usage()->set_prompt(m_state.tokens);
  if (m_seconds.empty()) return out;
  auto seconds = std::vector<double>(m_seconds.begin(), m_seconds.end());  // the middle one: some were parked
  std::ranges::nth_element(seconds, seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2));
  const auto segments = static_cast<double>(m_epochs) * static_cast<double>(m_state.ofEpoch);
  out.set_seconds_left((1 - done()) * segments * seconds[seconds.size() / 2]);
  return out;
}

worker::Attempt<std::vector<v1::Output>> Training::writeResult() {
  const auto trained = ModelFile::open(weights(m_state.serial));
  if (!trained) return worker::fromStorage(trained.error());
  const auto form = formOf(m_base);
  if (!form) return worker::fromStorage(form.error());
  auto file = worker::OutputFile::create(m_start.output_dir(), task().output().empty() ? kResult : task().output());
  if (!file) return file.failure();
  const auto written = write(*form, *trained, [&](std::string_view bytes) { return file->write(bytes); });
  if (!written) return written.failure();
  auto output = file->finish();
  if (!output) return output.failure();
  return std::vector{std::move(*output)};
}

}  // namespace lull::runtimes::llama::training
